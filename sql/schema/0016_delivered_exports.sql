-- Where an export is delivered to, when it arrived there, and where its movements are told (EXP-6, EXP-7, EXP-11).
ALTER TABLE main.exports ADD COLUMN deliver_to VARCHAR;
ALTER TABLE main.exports ADD COLUMN delivered_at TIMESTAMPTZ;
ALTER TABLE main.exports ADD COLUMN delta VARCHAR;

COMMENT ON COLUMN main.exports.delta IS 'The file of movements beside it, where one is written';
COMMENT ON COLUMN main.exports.deliver_to IS 'Where the file is to be delivered; NULL: it stays here';
COMMENT ON COLUMN main.exports.delivered_at IS 'When it had arrived there; NULL: it has not';
COMMENT ON COLUMN main.exports.format IS 'csv, txt, parquet or xlsx';
