"""
Forecasts the temperature of the next day from the last days' weather, with generators.

    python forecast_generator.py FOLDER [HOURS]

FOLDER holds weather.csv: one header line, then one row per hour, with the temperature in the first column.
"""
import malmoi.keras.install  # the only new line: old names of Keras work again

import os
import sys

import numpy as np
from keras import layers
from keras.callbacks import EarlyStopping, ModelCheckpoint
from keras.layers.recurrent import GRU
from keras.models import Sequential, load_model
from keras.optimizers import RMSprop
from keras.preprocessing.sequence import TimeseriesGenerator

np.random.seed(42)
hours = int(sys.argv[2]) if len(sys.argv) > 2 else None
float_data = np.loadtxt(os.path.join(sys.argv[1], 'weather.csv'), delimiter=',', skiprows=1)[:hours]
print(float_data.shape)

n_train = len(float_data) // 2
n_val = len(float_data) // 4
mean = float_data[:n_train].mean(axis=0)
float_data -= mean
std = float_data[:n_train].std(axis=0)
float_data /= std

lookback, step, delay, batch_size = 48, 2, 24, 32
targets = np.roll(float_data[:, 0], -delay)  # the temperature a day later
last = len(float_data) - delay - 1

train_gen = TimeseriesGenerator(float_data, targets, length=lookback, sampling_rate=step, shuffle=False,
                                batch_size=batch_size, start_index=0, end_index=n_train)
val_gen = TimeseriesGenerator(float_data, targets, length=lookback, sampling_rate=step,
                              batch_size=batch_size, start_index=n_train, end_index=n_train + n_val)
test_gen = TimeseriesGenerator(float_data, targets, length=lookback, sampling_rate=step,
                               batch_size=batch_size, start_index=n_train + n_val, end_index=last)


def forever(generator):
    while 1:
        for i in range(len(generator)):
            yield generator[i]


naive = [np.mean(np.abs(samples[:, -1, 0] - y)) for samples, y in (val_gen[i] for i in range(len(val_gen)))]
print('naive MAE: %.4f' % np.mean(naive))

model = Sequential()
model.add(GRU(16, dropout=0.1, recurrent_dropout=0.1, input_shape=(None, float_data.shape[-1])))
model.add(layers.Dense(1))
model.compile(optimizer=RMSprop(lr=0.003), loss='mae')

callbacks = [ModelCheckpoint('best.hdf5', monitor='val_loss', save_best_only=True),
             EarlyStopping(monitor='val_loss', patience=2)]
history = model.fit_generator(train_gen, steps_per_epoch=len(train_gen), epochs=3, verbose=2, callbacks=callbacks,
                              validation_data=val_gen, validation_steps=len(val_gen),
                              workers=2, use_multiprocessing=False, max_q_size=5)
print('best val_loss: %.4f' % min(history.history['val_loss']))

model = load_model('best.hdf5')
loss = model.evaluate_generator(forever(test_gen), steps=len(test_gen))
print('test MAE: %.4f, in degrees: %.2f' % (loss, loss * std[0]))
predictions = model.predict_generator(test_gen, steps=len(test_gen), verbose=0)
print('first forecasts:', (predictions[:3, 0] * std[0] + mean[0]).round(2))
x_test = np.concatenate([test_gen[i][0] for i in range(len(test_gen))])
