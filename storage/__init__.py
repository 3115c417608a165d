"""Remember: tables and the statements over them, the same on SQLite and PostgreSQL. Imports flows' types only."""
