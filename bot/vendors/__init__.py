"""The platforms, played for real: local servers that speak each one's protocol, for the playground and for tests.

They share no code with `bot.channels`, so that both sides must agree on the protocol and not on a helper.
"""
