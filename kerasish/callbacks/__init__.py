"""Callbacks: objects that are told what `fit`, `evaluate` and `predict` do, batch by batch."""

from kerasish.callbacks._backup_and_restore import BackupAndRestore
from kerasish.callbacks._callback import Callback, LambdaCallback
from kerasish.callbacks._callback_list import CallbackList
from kerasish.callbacks._csv_logger import CSVLogger
from kerasish.callbacks._early_stopping import EarlyStopping
from kerasish.callbacks._history import History
from kerasish.callbacks._learning_rate import LearningRateScheduler, ReduceLROnPlateau
from kerasish.callbacks._model_checkpoint import ModelCheckpoint
from kerasish.callbacks._profile_report import PartTime, ProfileReport
from kerasish.callbacks._profiler import Profiler
from kerasish.callbacks._progbar_logger import ProgbarLogger
from kerasish.callbacks._swap_ema_weights import SwapEMAWeights
from kerasish.callbacks._tensorboard import TensorBoard
from kerasish.callbacks._terminate_on_nan import TerminateOnNaN

__all__ = [
    "BackupAndRestore",
    "CSVLogger",
    "Callback",
    "CallbackList",
    "EarlyStopping",
    "History",
    "LambdaCallback",
    "LearningRateScheduler",
    "ModelCheckpoint",
    "PartTime",
    "ProfileReport",
    "Profiler",
    "ProgbarLogger",
    "ReduceLROnPlateau",
    "SwapEMAWeights",
    "TensorBoard",
    "TerminateOnNaN",
]
