"""What every test stands on. Sockets reach loopback only and warnings are errors: see pyproject.toml."""

pytest_plugins = ["tests.databases"]
