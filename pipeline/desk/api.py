"""The JSON API: what it takes and gives."""

from typing import Annotated, Literal

from fastapi import APIRouter, File, Form, Response, UploadFile
from pydantic import Field, WithJsonSchema

from pipeline.compare import Comparison
from pipeline.compare.comparison import MAX_ACCOUNTS
from pipeline.desk.engine import Engine, ModelInfo
from pipeline.desk.problems import answers
from pipeline.desk.reading import Upload
from pipeline.documents import Metadata
from pipeline.documents.metadata import Day
from pipeline.predict import OUTPUT_VERSION, ScoredDocument
from pipeline.records import STANCES, Document, Kind, NonEmpty, Record, Stance

MALFORMED = (400, 422)


class Text(Metadata):
    """A text as it would be pasted, with what is known of it."""

    text: NonEmpty
    date: Annotated[Day, WithJsonSchema({"type": "string", "format": "date"})] | None = None


class PredictRequest(Record):
    """Texts to score."""

    documents: list[Text] = Field(min_length=1)
    min_confidence: float = Field(default=0.0, ge=0, le=1)
    """Below this probability a sentence is given no stance."""


class PredictResponse(Record):
    """The scored documents, as docs/output.md describes them."""

    version: str = OUTPUT_VERSION
    stances: tuple[Stance, ...] = STANCES
    """The order of every `probabilities` array."""
    documents: tuple[ScoredDocument, ...]


class CompareRequest(Record):
    """Accounts of one event."""

    accounts: list[Text] = Field(min_length=2, max_length=MAX_ACCOUNTS)


class Health(Record):
    """That the service answers."""

    status: Literal["ok"] = "ok"


def api_routes(engine: Engine) -> APIRouter:
    """The routes below /v1 and the one that tells whether the service is there."""
    routes = APIRouter()
    malformed = answers(*MALFORMED)
    compared = malformed | answers(501)

    @routes.post("/v1/predict", responses=malformed, response_model=PredictResponse)
    async def predict(request: PredictRequest) -> Response:
        """Label every sentence of one text or several by stance."""
        documents = await engine.read(_pasted(request.documents))
        return await _predicted(documents, request.min_confidence)

    @routes.post("/v1/predict/files", responses=malformed, response_model=PredictResponse)
    async def predict_files(
        files: Annotated[list[UploadFile], File()],
        kind: Annotated[Kind | None, Form()] = None,
        issuer: Annotated[NonEmpty | None, Form()] = None,
        min_confidence: Annotated[float, Form(ge=0, le=1)] = 0.0,
    ) -> Response:
        """The same for files: txt, md, html, pdf, docx or jsonl."""
        metadata = Metadata(kind=kind, issuer=issuer)
        documents = await engine.read([await _uploaded(file, metadata) for file in files])
        return await _predicted(documents, min_confidence)

    @routes.post("/v1/compare", responses=compared, response_model=Comparison)
    async def compare(request: CompareRequest) -> Response:
        """Compare accounts of one event: stance, parties, shared points, what only one says."""
        documents = await engine.read(_pasted(request.accounts))
        return _json(await engine.compare(documents))

    @routes.post("/v1/compare/files", responses=compared, response_model=Comparison)
    async def compare_files(files: Annotated[list[UploadFile], File()]) -> Response:
        """The same for files; each is one account."""
        documents = await engine.read([await _uploaded(file, Metadata()) for file in files])
        return _json(await engine.compare(documents))

    @routes.get("/v1/model")
    async def model() -> ModelInfo:
        """The model that answers."""
        return engine.model

    @routes.get("/healthz")
    async def health() -> Health:
        """Whether the service answers."""
        return Health()

    async def _predicted(documents: list[Document], min_confidence: float) -> Response:
        scored = await engine.score(documents, min_confidence=min_confidence)
        return _json(PredictResponse(documents=tuple(scored)))

    return routes


def _pasted(texts: list[Text]) -> list[Upload]:
    return [
        Upload(
            f"text {number}",
            text.text.encode("utf-8", errors="replace"),
            Metadata(**text.model_dump(exclude={"text"})),
            f"text-{number}",
        )
        for number, text in enumerate(texts, 1)
    ]


async def _uploaded(file: UploadFile, metadata: Metadata) -> Upload:
    return Upload(file.filename or "file", await file.read(), metadata)


def _json(record: Record) -> Response:
    return Response(record.model_dump_json(), media_type="application/json")
