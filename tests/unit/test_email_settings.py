"""The settings of e-mail: wrong ones stop the start, good ones make links."""

from __future__ import annotations

import pytest

from bot.channels import registry
from runtime.settings import Settings, SettingsError


def load(tmp_path, **environ):
    return Settings.load({"VAR_DIR": str(tmp_path), **environ}, env_file=str(tmp_path / ".env"))


GOOD = {
    "EMAIL_ADDRESS": "help@shop.example",
    "EMAIL_SMTP_URL": "smtp://u:p%40ss@mail.shop.example:587",
    "EMAIL_IMAP_URL": "imaps://u:geheim@mail.shop.example",
}


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"EMAIL_IMAP_URL": ""}, "EMAIL_IMAP_URL or EMAIL_WEBHOOK_KEY"),
        ({"EMAIL_ADDRESS": "help"}, "EMAIL_ADDRESS"),
        ({"EMAIL_ADDRESS": "help+x@shop.example"}, "EMAIL_ADDRESS"),
        ({"EMAIL_SMTP_URL": "https://x:geheim@y"}, "EMAIL_SMTP_URL"),
        ({"EMAIL_IMAP_URL": "imaps://"}, "EMAIL_IMAP_URL"),
        ({"EMAIL_SMTP_URL": ""}, "EMAIL_SMTP_URL"),
        ({"EMAIL_PLUS_ADDRESSES": "maybe"}, "EMAIL_PLUS_ADDRESSES"),
        ({"EMAIL_SMTP_URL": "smtp://h:99999999"}, "EMAIL_SMTP_URL"),
        ({"EMAIL_IMAP_URL": "pop://u:geheim@mail.shop.example"}, "imaps://"),
        ({"EMAIL_ADDRESS": ""}, "EMAIL_ADDRESS"),
    ],
)
def test_wrong_settings_stop_the_start_with_one_line(tmp_path, change, told):
    with pytest.raises(SettingsError, match=told) as caught:
        load(tmp_path, **{**GOOD, **change})
    assert "\n" not in str(caught.value) and "geheim" not in str(caught.value)


def test_a_link_leads_to_a_mail_that_brings_the_code(tmp_path):
    given = registry.credentials(load(tmp_path, PLAYGROUND="off", **GOOD))
    link = registry.deep_link(given, "email", "FD-7K3QX-9M2PT", "http://x")
    assert link == "mailto:help%2Bfd-7k3qx-9m2pt@shop.example?subject=FD-7K3QX-9M2PT&body=FD-7K3QX-9M2PT"
