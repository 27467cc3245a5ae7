"""Hugging Face's Trainer: `report_to="wandb"`, a tiny model from scratch, nothing downloaded."""

import os

import torch
import wandb
from transformers import BertConfig, BertForSequenceClassification, Trainer, TrainingArguments

os.environ["WANDB_PROJECT"] = "transformers"
os.environ["WANDB_LOG_MODEL"] = "end"
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
trainer = Trainer(
    BertForSequenceClassification(config),
    TrainingArguments(
        "trained",
        report_to="wandb",
        run_name="tiny-bert",
        num_train_epochs=2,
        logging_steps=1,
        eval_strategy="epoch",
        per_device_train_batch_size=8,
        use_cpu=True,
        disable_tqdm=True,
        save_strategy="no",
    ),
    train_dataset=rows,
    eval_dataset=rows,
)
trainer.train()
wandb.finish()
