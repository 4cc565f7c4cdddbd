"""Talking to a provider: what it says of itself, the way to it (code flow with PKCE), and its word on who somebody is.

OpenID Connect Core 1.0, sections 3.1.2 and 3.1.3; Discovery 1.0; RFC 7636. Nothing that it says is taken before its
signature, issuer, audience, nonce and times are.
"""

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from riverchief.accounts.configuration import Provider, is_safe
from riverchief.base import clock, outward
from riverchief.base.errors import RiverchiefError

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
"""Signatures whose key the provider alone holds: neither "none" nor one with a shared secret."""
_LIMITS = outward.Limits(step_s=10.0, whole_s=30.0, answer=1_000_000)
_FORM = "application/x-www-form-urlencoded"
_LEEWAY_S = 60


class ProviderFailed(RiverchiefError):
    """The provider does not answer as it should, or its word does not hold."""

    status, code = 409, "provider_failed"
    usual_cure = "请重试；若再次出现，请联系管理员，或用密码登录。|Try again; if it happens again, ask the administrator, or use the password."


@dataclass(frozen=True)
class Metadata:
    """Where a provider is asked what."""

    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    secret_in_form: bool


def discover(provider: Provider) -> Metadata:
    """What the provider says of itself.

    Raises:
        ProviderFailed: it does not answer, or is another one.
    """
    said = _json(provider, f"{provider.issuer.rstrip('/')}/.well-known/openid-configuration")
    if said.get("issuer") != provider.issuer:
        raise _failed(provider, "自称是另一个 issuer", "says that it is another issuer")
    addresses = {
        name: str(said.get(name, "")) for name in ("authorization_endpoint", "token_endpoint", "jwks_uri")
    }
    for name, address in addresses.items():
        if not is_safe(address):
            raise _failed(provider, f"的 {name} 不是 https 地址", f"names no https address as its {name}")
    methods = said.get("token_endpoint_auth_methods_supported")
    return Metadata(
        **addresses, secret_in_form=isinstance(methods, list) and "client_secret_basic" not in methods
    )


def way_there(
    provider: Provider, metadata: Metadata, *, back_to: str, state: str, nonce: str, verifier: str
) -> str:
    """The address at which the provider asks somebody who they are."""
    query = {
        "response_type": "code",
        "client_id": provider.client_id,
        "redirect_uri": back_to,
        "scope": "openid profile email" if provider.claim else "openid",
        "state": state,
        "nonce": nonce,
        "code_challenge": _plain64(hashlib.sha256(verifier.encode()).digest()),
        "code_challenge_method": "S256",
    }
    joint = "&" if "?" in metadata.authorization_endpoint else "?"
    return f"{metadata.authorization_endpoint}{joint}{urlencode(query)}"


def redeem(provider: Provider, *, code: str, back_to: str, verifier: str, nonce: str) -> dict[str, Any]:
    """The claims of whoever the provider gave this code to.

    Raises:
        ProviderFailed: it does not take the code, or its word does not hold.
    """
    metadata = discover(provider)
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": back_to,
        "code_verifier": verifier,
        "client_id": provider.client_id,
    }
    headers = {}
    if provider.client_secret and metadata.secret_in_form:
        form["client_secret"] = provider.client_secret
    elif provider.client_secret:
        pair = f"{quote(provider.client_id, safe='')}:{quote(provider.client_secret, safe='')}"
        headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
    answer = _json(provider, metadata.token_endpoint, urlencode(form).encode(), headers)
    token = answer.get("id_token")
    if not isinstance(token, str):
        raise _failed(provider, "没有给出 ID 令牌", "gave no ID token")
    return checked(provider, token, _json(provider, metadata.jwks_uri), nonce)


def checked(provider: Provider, token: str, keys: Mapping[str, Any], nonce: str) -> dict[str, Any]:
    """The claims of an ID token, once everything about it holds.

    Raises:
        ProviderFailed: something does not.
    """
    # Keys of kinds that we do not know, or for encrypting, are no reason to refuse those that we do.
    published = keys.get("keys")
    signing = [
        key
        for key in (published if isinstance(published, list) else [])
        if isinstance(key, dict) and key.get("kty") in {"RSA", "EC", "OKP"} and key.get("use") != "enc"
    ]
    try:
        claims = jwt.decode(token, KeySet.import_key_set({"keys": signing}), algorithms=ALGORITHMS).claims
        jwt.JWTClaimsRegistry(
            now=int(clock.now().timestamp()),
            leeway=_LEEWAY_S,
            iss={"essential": True, "value": provider.issuer},
            aud={"essential": True, "value": provider.client_id},
            nonce={"essential": True, "value": nonce},
            sub={"essential": True},
            exp={"essential": True},
            iat={"essential": True},
        ).validate(claims)
    except (JoseError, ValueError) as error:
        raise _failed(
            provider, f"的身份证明不成立（{error}）", f"gave a proof of identity that does not hold ({error})"
        ) from error
    subject = claims["sub"]
    if claims["nonce"] != nonce or len(subject) > 255 or not (subject.isascii() and subject.isprintable()):
        raise _failed(provider, "的身份证明格式不对", "gave a proof of identity of a wrong shape")
    several = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
    if claims.get("azp", None if several else provider.client_id) != provider.client_id:
        raise _failed(
            provider, "的身份证明是给另一个系统的", "gave a proof of identity that is for another system"
        )
    return dict(claims)


def _json(
    provider: Provider, url: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
) -> dict[str, Any]:
    try:
        if body is None:
            said = outward.get(url, {}, {}, _LIMITS)
        else:
            asked = {"Accept": "application/json", **(headers or {})}
            said = outward.read_json(url, outward.post(url, body, asked, _FORM, _LIMITS))
    except outward.Unanswered as error:
        # Not what it says: it may repeat what we sent.
        if error.answered >= 400:
            raise _failed(provider, f"回答 {error.answered}", f"answers {error.answered}") from None
        host = urlsplit(url).hostname
        raise _failed(
            provider, f"（{host}）没有可用的回答", f"({host}) gives no answer that can be used"
        ) from None
    if not isinstance(said, dict):
        raise _failed(provider, "的回答不是 JSON 对象", "answers with something else than a JSON object")
    return said


def _failed(provider: Provider, zh: str, en: str) -> ProviderFailed:
    # The words of a library or a provider may hold the bar that parts the languages.
    zh, en = zh.replace("|", "/"), en.replace("|", "/")
    return ProviderFailed(f"{provider.name_zh}{zh}。|{provider.name_en} {en}.")


def _plain64(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()
