"""The pretrained encoder that the default model is trained from, as other libraries load it."""

from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.encoder import resolve_encoder
from pipeline.records import STANCES
from pipeline.train import train_settings

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

SETTINGS = Path("configs/train/encoder.yaml")


def sequence_classifier() -> "tuple[PreTrainedModel, PreTrainedTokenizerBase]":
    """For transformers, with an untrained head of four labels; and its tokenizer."""
    import transformers

    settings = train_settings("encoder", SETTINGS)
    folder = resolve_encoder(settings.name)
    transformers.logging.set_verbosity_error()
    config = transformers.AutoConfig.from_pretrained(
        folder, num_labels=len(STANCES), **_layers(settings.n_layers)
    )
    model = transformers.AutoModelForSequenceClassification.from_pretrained(folder, config=config)
    return model, transformers.AutoTokenizer.from_pretrained(folder)


def sentence_encoder(*, whole: bool = False) -> "SentenceTransformer":
    """The mean of the tokens' states, scaled to length 1; with all layers, or as many as ours."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.models import Normalize, Pooling, Transformer

    settings = train_settings("encoder", SETTINGS)
    words = Transformer(
        resolve_encoder(settings.name),
        max_seq_length=settings.max_tokens,
        config_kwargs=_layers(None if whole else settings.n_layers),
    )
    pooling = Pooling(words.get_embedding_dimension())
    return SentenceTransformer(modules=[words, pooling, Normalize()])


def _layers(n_layers: int | None) -> dict[str, int]:
    """A change to the configuration; none for all layers."""
    return {} if n_layers is None else {"num_hidden_layers": n_layers}
