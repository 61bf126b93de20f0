"""The registered model reads a column of a Spark table (docs/scale.md)."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("pyspark", reason="Spark is not installed: pip install pyspark")
pytestmark = pytest.mark.slow

PROGRAM = """
import sys
from pathlib import Path

import mlflow
import pipeline
from pyspark.sql import SparkSession

mlflow.set_tracking_uri(sys.argv[2])
package = Path(pipeline.__file__).parent
with mlflow.start_run():
    logged = mlflow.pyfunc.log_model(
        name="model",
        python_model=str(package / "mlflow_model.py"),
        artifacts={"model": sys.argv[1]},
        code_paths=[str(package)],
        pip_requirements=["mlflow"],
        input_example=["They met."],
    )
spark = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false").getOrCreate()
read = mlflow.pyfunc.spark_udf(
    spark,
    logged.model_uri,
    env_manager="local",
    result_type="stance string, probabilities map<string,double>",
)
table = spark.createDataFrame([("They must leave at once .",)], ["sentence"])
(row,) = table.withColumn("reading", read("sentence")).collect()
values = row.reading.probabilities.values()
print(row.reading.stance, len(values), round(sum(values), 6))
"""


def test_a_spark_column_is_read(tiny_baseline: Path, tmp_path: Path) -> None:
    environment = os.environ | {
        "PYTHONPATH": os.getcwd(),
        "PYSPARK_PYTHON": sys.executable,
        "OMP_NUM_THREADS": "1",
    }
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(tiny_baseline), f"sqlite:///{tmp_path}/mlflow.db"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.split() == ["demanding", "4", "1.0"]
