"""What every page of the records needs: the store, the language, the way a page is laid out."""

from __future__ import annotations

from dataclasses import dataclass, field

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from neckrom.errors import (
    ConfigurationError,
    EnvironmentProblemError,
    NeckromError,
    OutputError,
    UnknownRecordError,
)
from neckrom.guided.sessions import GuidedSessions
from neckrom.messages import LANGUAGES, Messages, load_messages
from neckrom.records.api import Records
from neckrom.web.access import FORM_REFERRER, REFERRER
from neckrom.web.app import Pages
from neckrom.web.record_words import in_own_words, refusal

LANGUAGE = "lang"


@dataclass(frozen=True, slots=True)
class Desk:
    """One running server of the records.

    Attributes
    ----------
    records : Records
    guided : GuidedSessions
    port : int
        Cookies are shared by all ports of a host.
    default_language : str
    """

    records: Records
    guided: GuidedSessions
    port: int
    default_language: str
    pages: Pages = field(default_factory=Pages)

    def language(self, request: Request) -> str:
        """The one that the user chose, else the one of the command."""
        asked = request.query_params.get(LANGUAGE) or request.cookies.get(self._cookie, "")
        return asked if asked in LANGUAGES else self.default_language

    def texts(self, request: Request) -> Messages:
        """Words for this page."""
        return load_messages(self.language(request))

    def show(self, request: Request, template: str, *, status: int = 200, **values: object) -> Response:
        """Lay out a page, and remember the language if it was chosen here."""
        language = self.language(request)
        codes = LANGUAGES if request.method == "GET" else ()  # what answers a form has no address
        here = {code: request.url.include_query_params(lang=code).query for code in codes}
        response = self.pages.render(
            template,
            language=language,
            status=status,
            here=here,
            store=str(self.records.location),
            read_only=self.records.read_only,
            **values,
        )
        response.headers[REFERRER] = FORM_REFERRER
        if request.query_params.get(LANGUAGE) == language:
            response.set_cookie(self._cookie, language, httponly=True, samesite="strict")
        return response

    def problem(self, request: Request, error: NeckromError) -> Response:
        """A page that says what is wrong and what to do."""
        return self.show(
            request,
            "problem.html.j2",
            status=status_of(error),
            problem=refusal(error, self.texts(request)),
            said_in="" if in_own_words(error) else "en",
        )

    @property
    def _cookie(self) -> str:
        return f"neckrom-language-{self.port}"


def status_of(error: NeckromError) -> int:
    """What to answer for an error."""
    if isinstance(error, UnknownRecordError):
        return 404
    if isinstance(error, (EnvironmentProblemError, OutputError)):
        return 503
    return 400 if isinstance(error, ConfigurationError) else 409


def go_to(path: str) -> Response:
    """On to a page after a form was taken, so that loading it again sends nothing twice."""
    return RedirectResponse(path, 303)
