"""Which channels are on, and what a half-configured one says."""

import pytest

from bot.channels import registry
from bot.channels.email_oauth import sign_in
from runtime.channel_settings import CHANNELS, needed
from runtime.settings import Settings, SettingsError

FULL = {name: dict.fromkeys(needed(name), "x" * 20) for name in CHANNELS}
FULL["email"] = {
    "EMAIL_ADDRESS": "help@shop.example",
    "EMAIL_SMTP_URL": "smtps://u:p@mail.shop.example",
    "EMAIL_WEBHOOK_KEY": "x" * 20,
}


def load(tmp_path, **environ):
    return Settings.load({"VAR_DIR": str(tmp_path), **environ}, env_file=str(tmp_path / ".env"))


@pytest.mark.parametrize("channel", CHANNELS)
def test_a_half_configured_channel_stops_the_start_with_one_clear_line(tmp_path, channel):
    missing = needed(channel)[-1]
    given = {name: value for name, value in FULL[channel].items() if name != missing}
    with pytest.raises(SettingsError, match=missing) as caught:
        load(tmp_path, **given)
    assert "\n" not in str(caught.value) and "xxxx" not in str(caught.value)


@pytest.mark.parametrize("channel", CHANNELS)
def test_a_configured_channel_is_never_simulated(tmp_path, channel):
    given = registry.credentials(load(tmp_path, **FULL[channel]))
    assert channel in given.on and channel not in given.simulated
    assert given.values[needed(channel)[0]] == FULL[channel][needed(channel)[0]]


def test_in_production_what_has_no_settings_is_off(tmp_path):
    given = registry.credentials(load(tmp_path, PLAYGROUND="off", **FULL["telegram"]))
    assert given.on == ("telegram",) and given.simulated == ()


def test_simulated_secrets_are_made_up_and_agree_between_processes(tmp_path):
    one, two = (registry.credentials(load(tmp_path)) for _ in range(2))
    other = registry.credentials(load(tmp_path, SESSION_SECRET="another"))
    assert one == two and set(one.simulated) == set(CHANNELS)
    assert one.values["TELEGRAM_TOKEN"] != other.values["TELEGRAM_TOKEN"]


def test_a_secret_of_a_channel_is_read_from_a_file(tmp_path):
    (tmp_path / "token").write_text("from a file\n")
    given = {**FULL["telegram"], "TELEGRAM_TOKEN_FILE": str(tmp_path / "token")}
    del given["TELEGRAM_TOKEN"]
    assert load(tmp_path, **given).channels["TELEGRAM_TOKEN"] == "from a file"


def test_a_switch_takes_on_and_off_only(tmp_path):
    for name in ("PLAYGROUND", "MESSENGER_HUMAN_AGENT"):
        with pytest.raises(SettingsError, match=name):
            load(tmp_path, **{name: "maybe"})


def test_links_with_a_code_lead_to_each_platform(tmp_path):
    names = {"TELEGRAM_BOT_NAME": "shop_bot", "WHATSAPP_NUMBER": "4930123", "SMS_NUMBER": "+4930123"}
    environ = {**FULL["telegram"], **FULL["whatsapp"], **FULL["sms"], **names}
    given = registry.credentials(load(tmp_path, PLAYGROUND="off", **environ))
    links = {name: registry.deep_link(given, name, "FD-7K3QX-9M2PT", "http://x") for name in CHANNELS}
    assert links["telegram"] == "https://t.me/shop_bot?start=FD-7K3QX-9M2PT"
    assert links["whatsapp"] == "https://wa.me/4930123?text=FD-7K3QX-9M2PT"
    assert links["sms"] == "sms:+4930123?body=FD-7K3QX-9M2PT"
    assert links["messenger"] == links["webhook"] == ""


BY_TOKEN = {
    "EMAIL_ADDRESS": "help@shop.example",
    "EMAIL_SMTP_URL": "smtp://help%40shop.example@smtp.example:587",
    "EMAIL_IMAP_URL": "imap://help%40shop.example@imap.example:143",
    "EMAIL_OAUTH_TOKEN_URL": "https://login.example/token",
    "EMAIL_OAUTH_CLIENT_ID": "app",
    "EMAIL_OAUTH_CLIENT_SECRET": "hush-hush",
}


@pytest.mark.parametrize(
    ("more", "names"),
    [
        ({"EMAIL_OAUTH_CLIENT_ID": ""}, "EMAIL_OAUTH_CLIENT_ID"),
        ({"EMAIL_OAUTH_TOKEN_URL": ""}, "EMAIL_OAUTH_TOKEN_URL"),
        ({"EMAIL_OAUTH_CLIENT_SECRET": ""}, "EMAIL_OAUTH_REFRESH_TOKEN"),
        ({"EMAIL_OAUTH_TOKEN_URL": "http://login.example/token"}, "EMAIL_OAUTH_TOKEN_URL"),
        ({"EMAIL_SMTP_URL": "smtp://help:hush-hush@smtp.example"}, "EMAIL_SMTP_URL"),
        ({"EMAIL_IMAP_URL": "imaps://imap.example"}, "EMAIL_IMAP_URL"),
    ],
)
def test_a_half_configured_sign_in_stops_the_start_with_one_clear_line(tmp_path, more, names):
    with pytest.raises(SettingsError, match=names) as caught:
        load(tmp_path, **(BY_TOKEN | more))
    assert "\n" not in str(caught.value) and "hush" not in str(caught.value)


def test_a_mailbox_may_be_signed_in_to_by_token(tmp_path):
    given = registry.credentials(load(tmp_path, PLAYGROUND="off", **BY_TOKEN))
    found = sign_in(given.values)
    assert given.on == ("email",) and found is not None and found.client_id == "app" and "hush" not in repr(found)
    by_owner = BY_TOKEN | {"EMAIL_OAUTH_CLIENT_SECRET": "", "EMAIL_OAUTH_REFRESH_TOKEN": "r"}
    assert registry.credentials(load(tmp_path, PLAYGROUND="off", **by_owner)).on == ("email",)
    assert sign_in(registry.credentials(load(tmp_path, **FULL["email"])).values) is None
