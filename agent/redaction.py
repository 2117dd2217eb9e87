"""Takes passwords and keys out of any text before it leaves for a trace, a log or an error."""

from __future__ import annotations

import json
import re
from urllib.parse import quote, quote_plus

MASK = "***"

# Shorter ones ("test", "root") are ordinary words: replaced everywhere they would make traces unreadable.
# In a URL or after `password=` they are masked whatever their length.
SHORTEST_SECRET = 5

# user:password@ of a URL. A password runs to the last @ before a quote or a space; `host:8080/` is none.
# It has no scheme in front and an end at 512 characters, or hostile text takes quadratic time.
_USERINFO = re.compile(r"""(://[^\s:/?#@"'<>]*):(?!\d{1,5}[/?#])[^\s@]{0,512}@(?:[^\s@"'<>/]{0,512}@)*""")
_NAMED = re.compile(
    r"""
    (?<![a-z0-9])
    ( (?:ssl)?passw(?:or)?d | pwd | passphrase | (?:client[_-]?)?secret(?:[_-](?:access[_-])?key)?
    | (?:api|access|account)[_-]?key | (?:access|auth|refresh|session)[_-]?token )
    (?: (["']?\s*[:=]\s*) (?: "(?:[^"\\]|\\.)*" | '(?:[^'\\]|\\.)*' )
      | (\\"\s*:\s*\\") (?:[^"\\]|\\[^"])*
      | (\s?=\s?) [^\s&;,'"()\\]+ )
    """,
    re.IGNORECASE | re.VERBOSE,
)
_BEARER = re.compile(r"\b(bearer|basic)\s+[a-z0-9._~+/\-]{12,}=*", re.IGNORECASE)
_KEY = re.compile(r"\b(sk|pk|rk)-[A-Za-z0-9_\-]{12,}")

_KEYS = ("key", "_key", "-key")
_TOKENS = tuple(f"{kind}{dash}token" for kind in ("access", "auth", "refresh", "session") for dash in ("", "_", "-"))
# Looked for first: the expression above costs milliseconds on 32 kB, and every schema has the word "key".
_HINTS = (
    "passw",
    "pwd",
    "passphrase",
    "secret",
    *(a + b for a in ("api", "access", "account") for b in _KEYS),
    *_TOKENS,
)


class Redactor:
    """Calling it gives the text without its passwords: those of URLs, those behind a telling name
    (`password=…`, `"api_key": "…"`), keys by their shape, and every secret it was told of."""

    def __init__(self, *secrets: str) -> None:
        self._secrets: tuple[str, ...] = ()
        for secret in secrets:
            self.add(secret)

    def add(self, secret: str | None) -> None:
        """Never let this pass, as it is, or as a URL or JSON spells it. One under five characters is left."""
        if not secret or len(secret) < SHORTEST_SECRET:
            return
        spellings = {
            secret,
            quote(secret, safe=""),
            quote(secret),
            quote_plus(secret),
            json.dumps(secret)[1:-1],
            json.dumps(secret, ensure_ascii=False)[1:-1],
            repr(secret)[1:-1],
        }
        # The longest first: one that is a part of another must not leave the rest of that other standing.
        self._secrets = tuple(sorted(spellings.union(self._secrets), key=len, reverse=True))

    def __call__(self, text: str) -> str:
        """The text with `***` where a secret stood."""
        for secret in self._secrets:
            if secret in text:
                text = text.replace(secret, MASK)
        if "://" in text:
            text = _USERINFO.sub(rf"\1:{MASK}@", text)
        lowered = text.lower()
        if _may_name_a_secret(lowered) and any(hint in lowered for hint in _HINTS):
            text = _NAMED.sub(_mask_value, text)
        if "bearer" in lowered or "basic" in lowered:
            text = _BEARER.sub(rf"\1 {MASK}", text)
        if "k-" in text:
            text = _KEY.sub(rf"\1-{MASK}", text)
        return text


def _may_name_a_secret(text: str) -> bool:
    # Not any(): every string of every span comes by here, and a generator costs more than five searches.
    return "pass" in text or "pwd" in text or "secret" in text or "key" in text or "token" in text


def _mask_value(found: re.Match[str]) -> str:
    name, quoted, escaped, bare = found.groups()
    if quoted is not None:
        return f"{name}{quoted}{found[0][-1]}{MASK}{found[0][-1]}"
    return f"{name}{escaped or bare}{MASK}"
