-- Segments: the views' schema, what they were made from, and their counts with history (SEG-1, SEG-6).
CREATE SCHEMA segments;

CREATE TABLE main.segment_definitions (
    segment VARCHAR NOT NULL,
    label VARCHAR NOT NULL,
    definition VARCHAR NOT NULL,
    columns VARCHAR[] NOT NULL
);

CREATE TABLE main.segment_counts (
    segment VARCHAR NOT NULL,
    count BIGINT NOT NULL,
    refreshed_at TIMESTAMPTZ NOT NULL
);

CREATE TABLE main.segment_count_history (
    segment VARCHAR NOT NULL,
    count BIGINT NOT NULL,
    refreshed_at TIMESTAMPTZ NOT NULL
);

COMMENT ON TABLE main.segment_definitions IS 'The SQL of each segment, as its view was last made';
COMMENT ON TABLE main.segment_counts IS 'How many contacts each segment holds, as last counted';
COMMENT ON TABLE main.segment_count_history IS 'Every count of every segment';
COMMENT ON COLUMN main.segment_definitions.segment IS 'Segment';
COMMENT ON COLUMN main.segment_definitions.label IS 'Label';
COMMENT ON COLUMN main.segment_definitions.definition IS 'The statement that made the view';
COMMENT ON COLUMN main.segment_definitions.columns IS 'Columns and types of contacts when the view was made';
COMMENT ON COLUMN main.segment_counts.segment IS 'Segment';
COMMENT ON COLUMN main.segment_counts.count IS 'Contacts';
COMMENT ON COLUMN main.segment_counts.refreshed_at IS 'Counted at';
COMMENT ON COLUMN main.segment_count_history.segment IS 'Segment';
COMMENT ON COLUMN main.segment_count_history.count IS 'Contacts';
COMMENT ON COLUMN main.segment_count_history.refreshed_at IS 'Counted at';
