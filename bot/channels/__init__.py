"""Carry texts to and from people: simulator, SMS, Telegram."""
