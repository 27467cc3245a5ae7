"""Hugging Face's own search: `Trainer.hyperparameter_search(backend="wandb")` is a sweep."""

import json
from pathlib import Path
from typing import Any

import torch
from transformers import BertConfig, BertForSequenceClassification, Trainer, TrainingArguments

torch.manual_seed(0)
config = BertConfig(
    vocab_size=50,
    hidden_size=16,
    num_hidden_layers=1,
    num_attention_heads=2,
    intermediate_size=16,
    max_position_embeddings=16,
)
rows = [
    {"input_ids": ids, "attention_mask": torch.ones(8, dtype=torch.long), "labels": int(ids[0]) % 2}
    for ids in torch.randint(0, 50, (32, 8))
]


def new_model(trial: Any) -> BertForSequenceClassification:
    """Begin anew for every run."""
    return BertForSequenceClassification(config)


def space(trial: Any) -> dict[str, Any]:
    """Where to search; the Trainer names metric and goal itself."""
    return {
        "method": "bayes",
        "metric": {"name": "objective", "goal": "minimize"},
        "parameters": {
            "learning_rate": {"distribution": "log_uniform_values", "min": 1e-5, "max": 1e-1},
            "per_device_train_batch_size": {"values": [4, 8, 16]},
        },
    }


trainer = Trainer(
    args=TrainingArguments(
        "trained",
        report_to="wandb",
        num_train_epochs=1,
        logging_steps=1,
        eval_strategy="epoch",
        use_cpu=True,
        disable_tqdm=True,
        save_strategy="no",
    ),
    model_init=new_model,
    train_dataset=rows,
    eval_dataset=rows,
)
best = trainer.hyperparameter_search(
    direction="minimize",
    backend="wandb",
    hp_space=space,
    n_trials=4,
    project="transformers_search",
    name="tiny-bert",
    metric="eval/loss",
)
Path("best.json").write_text(json.dumps({"run_id": best.run_id, "objective": best.objective}))
