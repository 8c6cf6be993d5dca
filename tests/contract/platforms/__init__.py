"""Recorded calls, written after each platform's documentation: bodies, signatures, and what they mean."""

from tests.contract.platforms.email import EMAIL
from tests.contract.platforms.messenger import INSTAGRAM, MESSENGER
from tests.contract.platforms.recorded import Platform
from tests.contract.platforms.sms import SMS
from tests.contract.platforms.telegram import TELEGRAM
from tests.contract.platforms.webhook import WEBHOOK
from tests.contract.platforms.whatsapp import WHATSAPP

PLATFORMS = {one.name: one for one in (TELEGRAM, WHATSAPP, MESSENGER, INSTAGRAM, SMS, WEBHOOK)}

__all__ = ["EMAIL", "INSTAGRAM", "MESSENGER", "PLATFORMS", "SMS", "TELEGRAM", "WEBHOOK", "WHATSAPP", "Platform"]
