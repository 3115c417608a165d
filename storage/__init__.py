"""Remember: tables and statements over them, alike on SQLite and PostgreSQL. Imports flows' types only."""
