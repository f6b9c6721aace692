import pytest

from paddle_workbench.text.datasets import as_dataset
from paddle_workbench.text.newspaper import load_newspaper
from paddle_workbench.text.reviews import load_reviews


@pytest.mark.usefixtures("imported_paddle")
def test_reviews_are_a_paddle_dataset() -> None:
    from paddle.io import DataLoader, Dataset

    part = load_reviews().test
    dataset = as_dataset(part)
    assert isinstance(dataset, Dataset)
    assert len(dataset) == len(part)
    assert dataset[0] == {"text": part.texts[0], "label": int(part.labels[0])}
    batch = next(iter(DataLoader(dataset, batch_size=4)))
    assert batch["text"] == list(part.texts[:4])
    assert batch["label"].tolist() == part.labels[:4].tolist()


@pytest.mark.usefixtures("imported_paddle")
def test_sentences_have_words_and_names() -> None:
    part = load_newspaper().test
    dataset = as_dataset(part)
    example = next(each for each in dataset if "B-PER" in each["names"])
    assert len(example["tokens"]) == len(example["names"])
    assert "".join(example["words"]) == "".join(example["tokens"])
    assert len(example["words"]) == len(example["tags"])
