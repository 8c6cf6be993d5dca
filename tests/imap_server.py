"""A real IMAP server (Dovecot) with one mailbox, on a free port, as the user who runs the tests or,
for root, as nobody."""

from __future__ import annotations

import grp
import imaplib
import os
import pwd
import shutil
import subprocess
import time
from pathlib import Path

from tests.conftest import free_port, tool


def self_signed(folder: Path) -> Path:
    """Puts a certificate for localhost into a folder: ``cert`` and ``key``."""
    command = [tool("openssl"), "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
    command += ["-addext", "subjectAltName=DNS:localhost", "-keyout", str(folder / "key"), "-out", str(folder / "cert")]
    subprocess.run(command, check=True, capture_output=True)
    return folder


CONFIG = """
protocols = imap
listen = 127.0.0.1
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/dovecot.log
ssl = {ssl}
disable_plaintext_auth = no
mail_location = maildir:{folder}/mail
mail_fsync = never
default_internal_user = {internal}
default_internal_group = {group}
default_login_user = {login}
first_valid_uid = 1
auth_mechanisms = plain login {mechanisms}
{tokens}
passdb {{
  driver = static
  mechanisms = plain login
  args = password=secret
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}/mail
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = {tls_port}
    ssl = yes
  }}
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
"""
#: A mailbox that is signed in to by token: the server asks the identity provider whose it is.
TOKENS = """
passdb {{
  driver = oauth2
  mechanisms = xoauth2
  args = {folder}/oauth2.conf
}}
"""
OAUTH2 = """
introspection_mode = post
introspection_url = {url}
username_attribute = username
active_attribute = active
active_value = true
"""


class ImapServer:
    """`start` and `kill` as often as wanted: mails and flags stay in the folder,
    which is no longer than sockets allow."""

    def __init__(self, folder: Path, certificate: Path | None = None, introspection: str = "") -> None:
        self.program = shutil.which("dovecot", path="/usr/sbin:/usr/local/sbin:" + os.environ.get("PATH", "")) or tool(
            "dovecot"
        )
        self.folder = folder
        self.port = free_port()
        user = pwd.getpwnam("nobody") if os.getuid() == 0 else pwd.getpwuid(os.getuid())
        # Debian's package makes these two users.
        internal, login = ("dovecot", "dovenull") if os.getuid() == 0 else (user.pw_name, user.pw_name)
        group = grp.getgrgid(pwd.getpwnam(internal).pw_gid).gr_name
        self.tls_port = free_port() if certificate else 0
        ssl = f"yes\nssl_cert = <{certificate}/cert\nssl_key = <{certificate}/key" if certificate else "no"
        for name in ("mail", "run", "state"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        os.chown(folder / "mail", user.pw_uid, user.pw_gid)
        folder.chmod(0o755)
        if introspection:
            (folder / "oauth2.conf").write_text(OAUTH2.format(url=introspection))
        tokens = TOKENS.format(folder=folder) if introspection else ""
        (folder / "dovecot.conf").write_text(
            CONFIG.format(
                folder=folder,
                internal=internal,
                login=login,
                group=group,
                uid=user.pw_uid,
                gid=user.pw_gid,
                port=self.port,
                tls_port=self.tls_port,
                ssl=ssl,
                tokens=tokens,
                mechanisms="xoauth2" if introspection else "",
            )
        )

    @property
    def url(self) -> str:
        return f"imap://kim:secret@127.0.0.1:{self.port}/INBOX"

    def start(self) -> None:
        self._server = subprocess.Popen(
            [self.program, "-F", "-c", str(self.folder / "dovecot.conf")], stdout=subprocess.DEVNULL
        )
        for _ in range(100):
            try:
                self.client().logout()
                return
            except (OSError, imaplib.IMAP4.abort):
                time.sleep(0.05)
        raise TimeoutError((self.folder / "dovecot.log").read_text()[-2000:])

    def stop(self) -> None:
        self._server.terminate()
        self._server.wait(10)

    def client(self) -> imaplib.IMAP4:
        client = imaplib.IMAP4("127.0.0.1", self.port, timeout=5)
        client.login("kim", "secret")
        return client

    def put(self, *mails: bytes) -> None:
        """Mails arrive."""
        client = self.client()
        for mail in mails:
            client.append("INBOX", "", None, mail)
        client.logout()

    def empty(self) -> None:
        client = self.client()
        if int(client.select("INBOX")[1][0] or 0):
            client.store("1:*", "+FLAGS.SILENT", r"(\Deleted)")
            client.expunge()
        client.logout()

    def flags(self, folder: str = "INBOX") -> list[str]:
        """The flags of each mail in a folder."""
        client = self.client()
        _, (count,) = client.select(folder, readonly=True)
        found = client.fetch("1:*", "(FLAGS)")[1] if int(count or 0) else []
        client.logout()
        return [one.decode() for one in found if isinstance(one, bytes)]
