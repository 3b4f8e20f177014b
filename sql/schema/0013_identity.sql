-- A base knows itself: its published copy has the same identity, so that another base in its place is noticed (SEC-5).
INSERT INTO main.settings VALUES ('identity', uuid()::VARCHAR);
