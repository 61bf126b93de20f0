"""The pretrained encoder that the default model is trained from, as other libraries load it."""

from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.embedded import embedded_folder
from pipeline.records import STANCES
from pipeline.train import train_settings

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

MAX_TOKENS = 128


def _folder_and_layers() -> tuple[str, dict[str, int]]:
    """Where it lies, and how many of its layers are used, as a change to its configuration."""
    settings = train_settings("encoder", Path("configs/train/encoder.yaml"))
    layers = {} if settings.n_layers is None else {"num_hidden_layers": settings.n_layers}
    return str(embedded_folder(settings.name)), layers


def sequence_classifier() -> "tuple[PreTrainedModel, PreTrainedTokenizerBase]":
    """For transformers, with an untrained head of four labels; and its tokenizer."""
    import transformers

    folder, layers = _folder_and_layers()
    transformers.logging.set_verbosity_error()
    config = transformers.AutoConfig.from_pretrained(folder, num_labels=len(STANCES), **layers)
    model = transformers.AutoModelForSequenceClassification.from_pretrained(folder, config=config)
    return model, transformers.AutoTokenizer.from_pretrained(folder)


def sentence_encoder() -> "SentenceTransformer":
    """For SetFit: the mean of the tokens' states, scaled to length 1."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.models import Normalize, Pooling, Transformer

    folder, layers = _folder_and_layers()
    words = Transformer(folder, max_seq_length=MAX_TOKENS, config_kwargs=layers)
    pooling = Pooling(words.get_embedding_dimension())
    return SentenceTransformer(modules=[words, pooling, Normalize()], device="cpu")
