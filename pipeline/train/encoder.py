"""Fine-tune the encoder with early stopping, checkpoints and resume."""

import itertools
import math
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from datasets import Dataset
from sklearn.metrics import f1_score
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel
from transformers import (
    DataCollatorWithPadding,
    EarlyStoppingCallback,
    EvalPrediction,
    PreTrainedTokenizerBase,
    Trainer,
    TrainerCallback,
    TrainerControl,
    TrainerState,
    TrainingArguments,
    set_seed,
)
from transformers.trainer import TRAINER_STATE_NAME
from transformers.trainer_utils import get_last_checkpoint

from pipeline.attribution.projection import project
from pipeline.attribution.spans import GROUPS, IGNORED, token_tags
from pipeline.classifier import ModelCard, fit_temperature, stance_indices
from pipeline.encoder import (
    Encoder,
    StanceNetwork,
    device,
    load_pretrained,
    sentence_offsets,
    tokenize,
    uses_bfloat16,
)
from pipeline.records import STANCES, Example
from pipeline.train.calibration import with_words_dropped
from pipeline.train.encoder_settings import EncoderSettings
from pipeline.train.soft_labels import soft_labels
from pipeline.train.swap import common_words, swap_names

AVERAGED_STEPS = 10
"""The average takes in every tenth step: as smooth as taking in each, and cheaper."""
OUTSIDE_WEIGHT = 0.3
TAG_HEAD_RATE = 10
"""The tag head begins from nothing and learns so many times faster than the layer below it."""

Log = Callable[[int, dict[str, float]], None]


class NetworkWithLoss(nn.Module):
    """The network as the Trainer wants it: labels in, loss and logits out.

    The loss is the cross-entropy with label smoothing, each example weighted by its stance's
    weight and by the confidence of its label. Where a teacher's probabilities are known, part of
    it is the cross-entropy with them, both softened (Hinton et al. 2015). To it comes the mean
    cross-entropy of the tokens' tags with the settings' `span_weight`.

    Outside training the logits are those of the averaged weights, where the settings ask for an
    average. It is a part of this module, so that checkpoints hold it.
    """

    def __init__(
        self, network: StanceNetwork, class_weights: Tensor, settings: EncoderSettings
    ) -> None:
        super().__init__()
        self.network = network
        self.settings = settings
        self.average = None
        if settings.average_decay:
            decay = settings.average_decay**AVERAGED_STEPS
            self.average = AveragedModel(network, avg_fn=moving_average(decay))
        self.register_buffer("class_weights", class_weights, persistent=False)

    @property
    def result(self) -> StanceNetwork:
        """The network that training is for: with averaged weights if there is an average."""
        return self.network if self.average is None else self.average.module

    def forward(
        self,
        labels: Tensor,
        confidence: Tensor,
        soft: Tensor,
        tags: Tensor,
        n_tokens: Tensor,
        **tokens: Tensor,
    ) -> dict[str, Tensor]:
        """Loss and logits of shape (n_sentences, 4) for labels of shape (n_sentences,).

        `soft` holds the teacher's probabilities, of shape (n_sentences, 4), zeros where there are
        none; `tags`, of shape (n_sentences, n_tokens, 3), are those of `token_tags`; `n_tokens` is
        there for batching by length only.
        """
        network = self.network if self.training else self.result
        logits, tag_logits = (values.float() for values in network(**tokens))
        losses = nn.functional.cross_entropy(
            logits, labels, reduction="none", label_smoothing=self.settings.label_smoothing
        )
        temperature = self.settings.soft_temperature
        softened = soft.float().clamp(min=1e-6) ** (1 / temperature)
        softened = softened / softened.sum(dim=1, keepdim=True)
        taught = nn.functional.cross_entropy(logits / temperature, softened, reduction="none")
        share = self.settings.soft_weight * (soft.sum(dim=1) > 0)
        losses = (1 - share) * losses + share * temperature**2 * taught
        weights = self.class_weights[labels] * confidence
        loss = (losses * weights).sum() / weights.sum()
        if self.settings.span_weight:
            loss = loss + self.settings.span_weight * tag_loss(tag_logits, tags)
        return {"loss": loss, "logits": logits}


def tag_loss(logits: Tensor, tags: Tensor) -> Tensor:
    """Cross-entropy of logits (n_sentences, n_tokens, 9) with tags (n_sentences, n_tokens, 3).

    The first tokens, which tell where holder and target are found, count as much as all others
    together; there, outside counts less than the few begins and insides.
    """
    by_group = logits.unflatten(2, (len(GROUPS), -1))
    weights = torch.tensor([OUTSIDE_WEIGHT, 1.0, 1.0], device=logits.device)
    first = _mean_cross_entropy(by_group[:, 0], tags[:, 0], torch.ones_like(weights))
    return first + _mean_cross_entropy(by_group[:, 1:], tags[:, 1:], weights)


def _mean_cross_entropy(logits: Tensor, tags: Tensor, weights: Tensor) -> Tensor:
    """Mean over the tags that are not ignored; 0 where all are."""
    total = nn.functional.cross_entropy(
        logits.flatten(0, -2), tags.flatten(), weights, ignore_index=IGNORED, reduction="sum"
    )
    known = tags[tags != IGNORED]
    return total / weights[known].sum().clamp(min=1)


def moving_average(decay: float) -> Callable[[Tensor, Tensor, Tensor], Tensor]:
    """An exponential moving average that follows closely at first, when there is little to average
    (Izmailov et al. 2018 average equally; Tarvainen and Valpola 2017 as here)."""

    def average(averaged: Tensor, current: Tensor, n_averaged: Tensor) -> Tensor:
        kept = min(decay, (1 + int(n_averaged)) / (10 + int(n_averaged)))
        return torch.lerp(current, averaged, kept)

    return average


class Collator:
    """Pads a batch, tags too."""

    def __init__(self, tokenizer: PreTrainedTokenizerBase) -> None:
        self._pad = DataCollatorWithPadding(tokenizer)

    def __call__(self, rows: list[dict[str, object]]) -> dict[str, Tensor]:
        """Tensors of equal length from rows of a dataset."""
        tags = [torch.tensor(row["tags"]) for row in rows]
        batch = self._pad([{k: v for k, v in row.items() if k != "tags"} for row in rows])
        batch["tags"] = nn.utils.rnn.pad_sequence(tags, batch_first=True, padding_value=IGNORED)
        return batch


class AverageCallback(TrainerCallback):
    """Takes the weights into the average, every few steps and before each evaluation."""

    def on_step_end(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        model: NetworkWithLoss,
        **kwargs: object,
    ) -> None:
        """Update the average, if the settings ask for one."""
        due = state.global_step % AVERAGED_STEPS == 0 or control.should_evaluate
        if model.average is not None and due:
            model.average.update_parameters(model.network)


class HistoryCallback(TrainerCallback):
    """Hands every logged metric to a plain function."""

    def __init__(self, log: Log) -> None:
        self._log = log

    def on_log(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        logs: dict[str, float] | None = None,
        **kwargs: object,
    ) -> None:
        """Pass on what is a number about the training itself."""
        names = {"loss": "train_loss", "eval_loss": "validation_loss"}
        names |= {"eval_macro_f1": "validation_macro_f1", "learning_rate": "learning_rate"}
        metrics = {names[key]: float(value) for key, value in (logs or {}).items() if key in names}
        if metrics:
            self._log(state.global_step, metrics)


def train_encoder(
    train: Sequence[Example],
    validation: Sequence[Example],
    settings: EncoderSettings,
    progress: Log,
    checkpoints: Path,
    resume: bool,
) -> tuple[Encoder, ModelCard]:
    """Fine-tune on `train`, keep the best epoch part by validation macro-F1, calibrate on it.

    `checkpoints` is a folder of this run's own; it is removed when training ends well. With
    `resume`, training goes on from the last checkpoint there.

    Raises:
        ModelError: the pretrained encoder cannot be loaded.
    """
    set_seed(settings.seed)
    vocabulary = common_words(example.text for example in train)
    swapped = swap_names(train, vocabulary, settings.swapped_share, settings.seed)
    network, tokenizer = load_pretrained(settings)
    attention = network.encoder.config._attn_implementation
    if device().type == "cpu":
        # On CPUs the backward pass of torch's fused attention takes longer than all the rest.
        network.encoder.set_attn_implementation("eager")
    freeze(network, settings)
    model = NetworkWithLoss(network, _class_weights(train, settings), settings)
    last = _last_checkpoint(checkpoints) if resume else None
    if last is None:
        shutil.rmtree(checkpoints, ignore_errors=True)
    n_batches = math.ceil(len(train) / settings.batch_size)
    trainer = Trainer(
        model=model,
        args=_arguments(settings, checkpoints, n_batches),
        train_dataset=_dataset(tokenizer, swapped, soft_labels(train, settings), settings),
        eval_dataset=_dataset(
            tokenizer, validation, np.zeros((len(validation), len(STANCES))), settings
        ),
        data_collator=Collator(tokenizer),
        compute_metrics=_macro_f1,
        optimizers=(_optimizer(network, settings), None),
        callbacks=[
            AverageCallback(),
            EarlyStoppingCallback(settings.patience),
            HistoryCallback(progress),
        ],
    )
    trainer.train(resume_from_checkpoint=last)
    model.result.encoder.set_attn_implementation(attention)
    encoder = Encoder(model.result, tokenizer, settings, temperature=1.0)
    labels = stance_indices([example.stance for example in validation])
    logits = encoder.logits(validation)
    encoder.temperature = _temperature(encoder, validation, labels, settings)
    macro_f1 = f1_score(labels, logits.argmax(axis=1), average="macro", zero_division=0)
    card = ModelCard(
        kind="encoder",
        temperature=encoder.temperature,
        validation_macro_f1=macro_f1,
        n_train=len(train),
        settings=settings.model_dump(mode="json"),
    )
    progress(
        trainer.state.global_step,
        {"validation_macro_f1": macro_f1, "temperature": encoder.temperature},
    )
    shutil.rmtree(checkpoints, ignore_errors=True)
    return encoder, card


def _temperature(
    encoder: Encoder,
    validation: Sequence[Example],
    labels: npt.NDArray[np.int64],
    settings: EncoderSettings,
) -> float:
    """The temperature for validation sentences and their harder copies together."""
    shares = settings.calibration_dropped
    logits = [
        encoder.logits(with_words_dropped(validation, share, settings.seed)) for share in shares
    ]
    return fit_temperature(np.concatenate(logits), np.tile(labels, len(shares)))


def _arguments(settings: EncoderSettings, checkpoints: Path, n_batches: int) -> TrainingArguments:
    n_steps = math.ceil(n_batches * settings.epochs)
    n_evaluations = max(1, round(settings.evaluations_per_epoch * settings.epochs))
    steps = max(1, n_steps // n_evaluations)
    where = device()
    return TrainingArguments(
        output_dir=str(checkpoints),
        num_train_epochs=settings.epochs,
        per_device_train_batch_size=settings.batch_size,
        per_device_eval_batch_size=settings.batch_size,
        train_sampling_strategy="group_by_length",
        length_column_name="n_tokens",
        lr_scheduler_type="linear",
        warmup_steps=round(settings.warmup_fraction * n_steps),
        eval_strategy="steps",
        eval_steps=steps,
        save_strategy="steps",
        save_steps=steps,
        save_total_limit=2,
        logging_steps=max(1, steps // 5),
        load_best_model_at_end=True,
        metric_for_best_model="macro_f1",
        greater_is_better=True,
        label_names=["labels"],
        remove_unused_columns=False,
        bf16=uses_bfloat16(settings, where),
        use_cpu=where.type == "cpu",
        dataloader_pin_memory=where.type == "cuda",
        seed=settings.seed,
        data_seed=settings.seed,
        full_determinism=True,
        report_to=[],
    )


def _last_checkpoint(folder: Path) -> str | None:
    """The last whole checkpoint; the Trainer writes its state last, so a broken one has none."""
    for broken in folder.glob("checkpoint-*"):
        if not (broken / TRAINER_STATE_NAME).is_file():
            shutil.rmtree(broken)
    return get_last_checkpoint(str(folder)) if folder.is_dir() else None


def _dataset(
    tokenizer: PreTrainedTokenizerBase,
    examples: Sequence[Example],
    soft: np.ndarray,
    settings: EncoderSettings,
) -> Dataset:
    tokens = tokenize(tokenizer, examples, settings)
    offsets = sentence_offsets(tokens)
    columns = dict(tokens)
    columns["tags"] = [
        token_tags(labels, row).tolist()
        for labels, row in zip(project(examples), offsets, strict=True)
    ]
    columns["labels"] = stance_indices([example.stance for example in examples]).tolist()
    columns["confidence"] = [example.confidence for example in examples]
    columns["soft"] = soft.astype(np.float32).tolist()
    columns["n_tokens"] = [len(ids) for ids in columns["input_ids"]]
    return Dataset.from_dict(columns)


def _class_weights(examples: Sequence[Example], settings: EncoderSettings) -> Tensor:
    counts = np.bincount(
        stance_indices([example.stance for example in examples]), minlength=len(STANCES)
    )
    if not settings.balanced_classes:
        return torch.ones(len(STANCES))
    return torch.tensor(len(examples) / (len(STANCES) * np.maximum(counts, 1)), dtype=torch.float32)


def _macro_f1(predictions: EvalPrediction) -> dict[str, float]:
    predicted = np.asarray(predictions.predictions).argmax(axis=-1)
    labels = np.asarray(predictions.label_ids)
    return {"macro_f1": float(f1_score(labels, predicted, average="macro", zero_division=0))}


def freeze(network: StanceNetwork, settings: EncoderSettings) -> None:
    """Take the embeddings and the lowest layers out of training, as the settings ask.

    What is frozen has no dropout either.
    """
    if settings.frozen_layers is None:
        return
    n_layers = network.encoder.config.num_hidden_layers
    highest = n_layers - settings.frozen_layers
    for name, parameter in network.named_parameters():
        parameter.requires_grad_(_depth(name, n_layers) <= highest)
    for name, module in network.named_modules():
        if isinstance(module, nn.Dropout) and _depth(name, n_layers) > highest:
            module.p = 0.0


def _optimizer(network: StanceNetwork, settings: EncoderSettings) -> torch.optim.Optimizer:
    """AdamW whose rate decays by a factor per layer from the top (Howard and Ruder 2018)."""
    n_layers = network.encoder.config.num_hidden_layers
    groups: dict[tuple[float, bool], list[nn.Parameter]] = {}
    trained = ((n, p) for n, p in network.named_parameters() if p.requires_grad)
    for name, parameter in trained:
        decays = parameter.dim() > 1
        rate = settings.layer_decay ** _depth(name, n_layers)
        rate *= TAG_HEAD_RATE if name.startswith("tag_head.") else 1
        groups.setdefault((rate, decays), []).append(parameter)
    return torch.optim.AdamW(
        (
            {
                "params": parameters,
                "lr": settings.learning_rate * rate,
                "weight_decay": settings.weight_decay if decays else 0.0,
            }
            for (rate, decays), parameters in groups.items()
        ),
        fused=True,
    )


def _depth(name: str, n_layers: int) -> int:
    """How many layers lie above the parameter: 0 for the head, the most for the embeddings."""
    if name.startswith(("head.", "tag_head.")):
        return 0
    parts = name.split(".")
    for before, part in itertools.pairwise(parts):
        if before in ("layer", "layers") and part.isdigit():
            return n_layers - int(part)
    return n_layers + 1 if "embed" in name else 1
