"""The model as MLflow loads it: MLflow runs this file, it is not imported."""

from pathlib import Path

import mlflow
from mlflow.pyfunc import PythonModel, PythonModelContext
from pydantic import BaseModel

from pipeline.classifier import load_classifier
from pipeline.records import STANCES, SentenceInContext


class Reading(BaseModel):
    """The likeliest stance of a sentence and the probability of each stance."""

    stance: str
    probabilities: dict[str, float]


class StanceModel(PythonModel):
    """Reads sentences one by one, without the sentence before."""

    def load_context(self, context: PythonModelContext) -> None:
        """Load the model folder that was logged, checked against its manifest."""
        self._classifier = load_classifier(Path(context.artifacts["model"]))

    def predict(self, model_input: list[str]) -> list[Reading]:
        """One reading for each sentence, as dictionaries with the fields of `Reading`."""
        sentences = [SentenceInContext(text=text) for text in model_input]
        probabilities = self._classifier.predict_proba(sentences)
        return [
            {
                "stance": STANCES[row.argmax()].value,
                "probabilities": {
                    stance.value: float(value) for stance, value in zip(STANCES, row, strict=True)
                },
            }
            for row in probabilities
        ]


mlflow.models.set_model(StanceModel())
