-- Drops the refused rows of the imports `$ids`.
DELETE FROM main.import_rejects WHERE list_contains($ids, import_id)
