"""What every test may ask for; each concern has a module of its own."""

pytest_plugins = ["pytester", "fix_database", "fix_servers", "fix_systems"]
