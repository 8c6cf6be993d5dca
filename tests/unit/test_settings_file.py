from pathlib import Path

import pytest

from runtime.settings import Settings, SettingsError, as_markdown


def load(tmp_path, **environ):
    return Settings.load({"VAR_DIR": str(tmp_path), **environ}, env_file=str(tmp_path / ".env"))


def test_defaults_are_a_working_set(tmp_path):
    settings = load(tmp_path)
    assert settings.rasa_url == "http://127.0.0.1:5005"
    assert len(settings.session_secret) == 64
    assert load(tmp_path).session_secret == settings.session_secret


@pytest.mark.parametrize(
    ("name", "value"), [("BOT_PORT", "eighty"), ("BOT_PORT", "0"), ("TIMEZONE", "Moon"), ("LOG_LEVEL", "x")]
)
def test_a_bad_value_names_the_setting_and_the_value(tmp_path, name, value):
    with pytest.raises(SettingsError, match=name) as caught:
        load(tmp_path, **{name: value})
    assert value in str(caught.value) and "\n" not in str(caught.value)


def test_an_unknown_name_in_the_file_stops_the_start(tmp_path):
    (tmp_path / ".env").write_text("BOT_PROT=1\n")
    with pytest.raises(SettingsError, match="BOT_PROT"):
        load(tmp_path)


def test_a_secret_is_read_from_a_file(tmp_path):
    (tmp_path / "secret").write_text("hidden\n")
    assert load(tmp_path, WEB_IDENTITY_SECRET_FILE=str(tmp_path / "secret")).web_identity_secret == "hidden"


def test_the_documentation_lists_every_setting_as_it_is():
    assert Path("docs/settings.md").read_text() == as_markdown()


def test_a_misspelt_name_in_the_environment_stops_the_start(tmp_path):
    with pytest.raises(SettingsError, match="BOT_PORT"):
        load(tmp_path, BOT_PROT="1")


def test_names_of_others_in_the_environment_are_left_alone(tmp_path):
    load(tmp_path, RASA_TELEMETRY_ENABLED="false", BOT_SERVICE_HOST="10.0.0.1", PATH="/bin")


def test_the_environment_goes_before_a_file_named_in_the_env_file(tmp_path):
    (tmp_path / "secret").write_text("from the file")
    (tmp_path / ".env").write_text(f"WEB_IDENTITY_SECRET_FILE={tmp_path / 'secret'}\n")
    assert load(tmp_path, WEB_IDENTITY_SECRET="given").web_identity_secret == "given"
    assert load(tmp_path).web_identity_secret == "from the file"


def test_a_secret_is_never_part_of_the_error(tmp_path):
    missing = tmp_path / "missing"
    with pytest.raises(SettingsError, match="SESSION_SECRET_FILE"):
        load(tmp_path, SESSION_SECRET_FILE=str(missing))
