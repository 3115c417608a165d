"""Answer HTTP: webhooks, health, the caseworkers' console, the simulator's phone page."""
