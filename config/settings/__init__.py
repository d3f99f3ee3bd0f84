"""Settings by topic; one entry module per environment: `development`, `production`, `test`."""
