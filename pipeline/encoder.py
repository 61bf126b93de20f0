"""The encoder classifier: a transformer with two linear heads, for stances and for spans."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import torch
from pydantic import ValidationError
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from transformers import (
    AutoConfig,
    AutoModel,
    AutoTokenizer,
    BatchEncoding,
    PreTrainedTokenizerBase,
)
from transformers.utils import logging as transformers_logging

from pipeline.attribution.spans import N_TAGS, Offsets, SentenceSpans, decode
from pipeline.classifier import ModelCard, Probabilities, softmax
from pipeline.embedded import EMBEDDED, embedded_folder
from pipeline.encoder_inputs import encoder_inputs
from pipeline.errors import ModelError
from pipeline.records import STANCES, SentenceInContext
from pipeline.storage import explain_validation
from pipeline.train.encoder_settings import EncoderSettings

WEIGHTS = "weights.safetensors"
SENTENCES_PER_CHUNK = 32


class StanceNetwork(nn.Module):
    """Token embeddings averaged over the sentence, then one logit per stance.

    Mean pooling as the embedded encoder was trained with (Reimers and Gurevych 2019). A second
    head tags the tokens of holder, target and cue (`pipeline.attribution.spans`).
    """

    def __init__(self, encoder: nn.Module, dropout: float) -> None:
        super().__init__()
        self.encoder = encoder
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(encoder.config.hidden_size, len(STANCES))
        self.tag_head = nn.Linear(encoder.config.hidden_size, N_TAGS)

    def forward(self, **tokens: Tensor) -> tuple[Tensor, Tensor]:
        """Stance logits (n_sentences, 4) and tag logits (n_sentences, n_tokens, 9).

        Every tensor of `tokens` has shape (n_sentences, n_tokens).
        """
        states = self.encoder(**tokens).last_hidden_state
        mask = tokens["attention_mask"].unsqueeze(-1).to(states.dtype)
        pooled = (states * mask).sum(dim=1) / mask.sum(dim=1).clamp(min=1)
        return self.head(self.dropout(pooled)), self.tag_head(self.dropout(states))


class Encoder:
    """A fine-tuned encoder; see `pipeline.classifier.Classifier`."""

    def __init__(
        self,
        network: StanceNetwork,
        tokenizer: PreTrainedTokenizerBase,
        settings: EncoderSettings,
        temperature: float,
    ) -> None:
        self.network = network.eval()
        self.tokenizer = tokenizer
        self.settings = settings
        self.temperature = temperature

    def logits(self, examples: Sequence[SentenceInContext]) -> np.ndarray:
        """Float32 logits of shape (n_examples, 4), batched by length, in the order given."""
        logits = np.empty((len(examples), len(STANCES)), dtype=np.float32)
        for chunk, stances, _, _ in self._forward(examples):
            logits[chunk] = stances
        return logits

    def predict_proba(self, examples: Sequence[SentenceInContext]) -> Probabilities:
        """Probabilities of shape (n_examples, 4) in the order of `Stance`."""
        if not examples:
            return np.empty((0, len(STANCES)), dtype=np.float32)
        return softmax(self.logits(examples), self.temperature)

    def predict_with_spans(
        self, examples: Sequence[SentenceInContext]
    ) -> tuple[Probabilities, list[SentenceSpans] | None]:
        """Probabilities as `predict_proba` gives them, and the spans of each sentence.

        No spans (None) where training did not teach them (`span_weight` 0).
        """
        if not examples or not self.settings.span_weight:
            return self.predict_proba(examples), None
        logits = np.empty((len(examples), len(STANCES)), dtype=np.float32)
        spans = [SentenceSpans()] * len(examples)
        for chunk, stances, tags, offsets in self._forward(examples):
            logits[chunk] = stances
            for row, index in enumerate(chunk):
                n_tokens = len(offsets[row])
                text = examples[index].text
                spans[index] = decode(text, tags[row, :n_tokens], offsets[row])
        return softmax(logits, self.temperature), spans

    def _forward(
        self, examples: Sequence[SentenceInContext]
    ) -> Iterator[tuple[list[int], np.ndarray, np.ndarray, list[Offsets]]]:
        """Chunks of similar length: indices, stance logits, tag logits and token offsets."""
        device = next(self.network.parameters()).device
        order = sorted(range(len(examples)), key=lambda index: -len(examples[index].text))
        with torch.inference_mode(), autocast(self.settings, device):
            for start in range(0, len(order), SENTENCES_PER_CHUNK):
                chunk = order[start : start + SENTENCES_PER_CHUNK]
                tokens = tokenize(self.tokenizer, [examples[i] for i in chunk], self.settings)
                offsets = sentence_offsets(tokens)
                batch = self.tokenizer.pad(tokens, return_tensors="pt").to(device)
                stances, tags = self.network(**batch)
                yield chunk, stances.float().cpu().numpy(), tags.float().cpu().numpy(), offsets

    def save(self, folder: Path) -> None:
        """Write weights, architecture and tokenizer; safetensors and JSON only."""
        state = {
            name: value.contiguous().cpu() for name, value in self.network.state_dict().items()
        }
        save_file(state, folder / WEIGHTS)
        self.network.encoder.config.save_pretrained(folder)
        self.tokenizer.save_pretrained(folder)

    @classmethod
    def load(cls, folder: Path, card: ModelCard) -> "Encoder":
        """Read what `save` wrote; a GPU is used if there is one.

        Raises:
            ModelError: the files do not fit together.
        """
        try:
            settings = EncoderSettings.model_validate(card.settings)
        except ValidationError as error:
            raise ModelError(
                f"{folder}: its settings are of another version of this program "
                f"({explain_validation(error)}); train it again"
            ) from error
        try:
            encoder = AutoModel.from_config(AutoConfig.from_pretrained(folder))
            network = StanceNetwork(encoder, settings.dropout)
            network.load_state_dict(load_file(folder / WEIGHTS))
            tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
        except (OSError, ValueError, RuntimeError, SafetensorError) as error:
            raise ModelError(f"{folder}: not a usable encoder ({error}); train it again") from error
        return cls(network.to(device()), tokenizer, settings, card.temperature)


def resolve_encoder(name: str) -> str:
    """Where the pretrained encoder lies: a local folder, an embedded package, or the hub.

    Raises:
        ModelError: the embedded package is missing or its weights are not the original ones.
    """
    if Path(name).is_dir() or name not in EMBEDDED:
        return name
    return str(embedded_folder(name))


def load_pretrained(
    settings: EncoderSettings,
) -> tuple[StanceNetwork, PreTrainedTokenizerBase]:
    """A pretrained encoder with a new head, and its tokenizer.

    Its weights are in float32 whatever precision they were saved in, and it has as many of its
    lowest layers and the rate of dropout that the settings ask for.

    Raises:
        ModelError: nothing usable under that name.
    """
    place = resolve_encoder(settings.name)
    try:
        tokenizer = AutoTokenizer.from_pretrained(place)
        config = AutoConfig.from_pretrained(place)
        if settings.n_layers is not None:
            config.num_hidden_layers = min(settings.n_layers, config.num_hidden_layers)
        with _without_warnings(settings.n_layers is not None):
            encoder = AutoModel.from_pretrained(
                place, config=config, dtype=torch.float32, use_safetensors=True
            )
    except (OSError, ValueError, SafetensorError) as error:
        raise ModelError(
            f"encoder {settings.name!r}: neither a local folder nor one of the embedded "
            f"{', '.join(EMBEDDED)}, and the hub gave nothing usable: {str(error).splitlines()[0]}"
        ) from error
    for module in encoder.modules():
        if isinstance(module, nn.Dropout):
            module.p = settings.dropout
    return StanceNetwork(encoder, settings.dropout), tokenizer


@contextmanager
def _without_warnings(silent: bool) -> Iterator[None]:
    """Keep transformers from listing the weights of layers that are left out on purpose."""
    before = transformers_logging.get_verbosity()
    if silent:
        transformers_logging.set_verbosity_error()
    try:
        yield
    finally:
        transformers_logging.set_verbosity(before)


def tokenize(
    tokenizer: PreTrainedTokenizerBase,
    examples: Sequence[SentenceInContext],
    settings: EncoderSettings,
) -> BatchEncoding:
    """Token lists of the sentences, each followed by its context as the settings ask.

    The sentence comes first; where both are too long, the longer one is cut. The tokens' places
    in the text are in it as `offset_mapping`, until `sentence_offsets` takes them out.
    """
    return tokenizer(
        encoder_inputs(examples, settings),
        truncation="longest_first",
        max_length=settings.max_tokens,
        return_offsets_mapping=True,
    )


def sentence_offsets(tokens: BatchEncoding) -> list[Offsets]:
    """Take the places of the tokens out: characters of the sentence, None outside of it."""
    return [
        [
            tuple(chars) if part == 0 else None
            for chars, part in zip(row, tokens.sequence_ids(index), strict=True)
        ]
        for index, row in enumerate(tokens.pop("offset_mapping"))
    ]


def device() -> torch.device:
    """The GPU if there is one, else the CPU."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def uses_bfloat16(settings: EncoderSettings, where: torch.device) -> bool:
    """Whether to compute in bfloat16: as set, or where the hardware multiplies it."""
    if settings.precision != "auto":
        return settings.precision == "bfloat16"
    if where.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    return torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()


def autocast(settings: EncoderSettings, where: torch.device) -> torch.autocast:
    """The context in which the network computes."""
    return torch.autocast(where.type, torch.bfloat16, enabled=uses_bfloat16(settings, where))
