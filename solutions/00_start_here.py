# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # Start here
#
# After this notebook you can
# - **await** something in a cell, and tell a coroutine object from its value,
# - **read** the picture of a run,
# - **say** why `asyncio.run()` fails in a notebook, and call async code from plain functions without it,
# - **check** an answer, ask for a hint, and see your progress.
#
# You need: Python functions. 25 minutes, {{totals}}.
#
# Run the cells from top to bottom with Shift+Enter.

# %% setup
import asyncio

from asynclab import check, hint, predict, progress, solution, watch
from asynclab.demo import Store, run_child

# %% [markdown]
# ## 1. `await` in a cell
# A `Store` stands for a feature store behind a network. It knows two numbers and takes half a second for
# each.

# %% demo
store = Store(latency=0.5, replies={"temperature": 21.5, "humidity": 0.4})

# %% [markdown]
# **Predict.** The next cell calls `store.get(...)` in its first line and writes `await` only in its last.
# What does `print` show, and after which line has the store been asked?

# %% demo
request = store.get("temperature")
print(request)
await request

# %% [markdown]
# **What happened.** Calling an `async def` function does none of its work. It gives a *coroutine object*:
# the work, ready to be done. `await` does it: half a second later the value is there. A notebook lets you
# write `await` in any cell, outside any function ([IPython:
# Autoawait](https://ipython.readthedocs.io/en/stable/interactive/autoawait.html)).
#
# **Change one thing.** Await the same coroutine object a second time. It is used up: it stands for one run.

# %% demo
try:
    await request
except RuntimeError as error:
    print(error)

# %% [markdown]
# ### Exercise 1. Your first fetch
# {{exercise first_fetch}}
#
# Write your answer in the next cell in place of the line that says so, run the cell, then run the check
# below it. A check calls your function in a simulated world, where the store and its clock are made up:
# nothing is waited for, and the times are exact. It says what it saw, and draws it.
#
# Are you stuck? Run `hint("first_fetch")` in a cell of your own, up to three times.
# `solution("first_fetch")` shows our answer once yours has passed; `solution("first_fetch", anyway=True)`
# shows it at once.


# %% exercise="first_fetch"
async def first_fetch(store: Store) -> float:
    """Return what `await store.get("temperature")` gives. Ask the store once."""
    ### BEGIN SOLUTION
    return await store.get("temperature")
    ### END SOLUTION


# %% [markdown]
# ## 2. One after the other, and together
# `await watch(...)` runs a coroutine as `await` does, and draws what happened. Here are two fetches, half a
# second each.


# %% demo
async def one_by_one(store):
    temperature = await store.get("temperature")
    humidity = await store.get("humidity")
    return temperature, humidity


# %% [markdown]
# **Predict.** How many seconds until both values are there? Type your guess in place of the dots, run this
# cell, then the one below it.

# %%
predict("one_by_one", ...)  # your guess in seconds

# %%
await watch(one_by_one(store))

# %% [markdown]
# **How to read the picture.** Time runs to the right, in seconds. A bar is one call *in flight*: from the
# moment it is asked to the moment it is answered. The steps below count the calls in flight. The vertical
# line is where your function ended. The sentence says the same in words, and answers your guess.
#
# **What happened.** The second bar starts where the first one ends. `await` pauses *this function* until the
# reply is there, so nobody asked for the humidity any earlier.
#
# **Change one thing.** `asyncio.gather` takes both calls before it waits. **Predict** again, then run.


# %% demo
async def together(store):
    return await asyncio.gather(store.get("temperature"), store.get("humidity"))


# %%
predict("together", ...)  # your guess in seconds

# %%
await watch(together(store))

# %% [markdown]
# Both bars start at once, so two values take the time of one. The waiting overlaps: this is what async code
# is for.
#
# ### Exercise 2. Two fetches in the time of one
# {{exercise two_fetches}}
#
# There are several ways to put two calls in flight together. Any of them is right.


# %% exercise="two_fetches"
async def two_fetches(store: Store) -> tuple[float, float]:
    """Return the values of "temperature" and "humidity", in this order.

    Both fetches are in flight together, so both values are there in the time of one. Each is
    asked for once.
    """
    ### BEGIN SOLUTION
    temperature, humidity = await asyncio.gather(store.get("temperature"), store.get("humidity"))
    return temperature, humidity
    ### END SOLUTION


# %% [markdown] source=["L9n"]
# ## 3. Why `asyncio.run()` fails here
# Most examples on the web end with `asyncio.run(main())`. It starts an event loop, runs `main` in it, and
# closes the loop.
#
# **Predict.** What does it do in a notebook?

# %% demo
request = store.get("temperature")
try:
    asyncio.run(request)
except RuntimeError as error:
    print(error)
finally:
    request.close()  # it was never awaited; without this line Python would say so

# %% [markdown]
# **What happened.** An event loop runs already: the kernel's own, which reads your cells. A thread has at
# most one running loop ([asyncio.run](https://docs.python.org/3/library/asyncio-runner.html#asyncio.run)),
# so a second one is refused. In a script there is none yet, and `asyncio.run(main())` is right.
#
# **Change one thing.** Ask for the loop that is running, and see that it is.

# %%
asyncio.get_running_loop().is_running()

# %% [markdown]
# ## 4. Three ways from plain code to async code
# Sometimes a *plain* function needs a value from async code: a callback of a library that knows no `await`,
# say.
#
# **The first way** is to have no plain function: make it `async def` and `await` it, up to the cell. Take it
# where you can.
#
# **The second way** gives the coroutine a loop of its own, in another thread, where `asyncio.run` is right.

# %% demo
from concurrent.futures import ThreadPoolExecutor


def temperature_now():
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, store.get("temperature")).result()


async def tick():
    for _ in range(6):
        await asyncio.sleep(0.1)


async def tick_and_call():
    ticking = asyncio.create_task(tick())
    await asyncio.sleep(0.25)
    temperature_now()
    await ticking


# %% [markdown]
# `temperature_now` is plain, and works. But the thread that calls it waits for `.result()`. Here it is
# called while `tick` wants a turn every 0.1 s.
#
# **Predict.** `tick` alone takes 0.6 s. How long do both take: 0.6 s, or more?

# %%
predict("tick_and_call", ...)  # your guess in seconds

# %%
await watch(tick_and_call())

# %% [markdown]
# **What happened.** The hatched band is half a second in which the loop stood still, because its thread was
# waiting in `.result()`, and `tick` had no turn. So the second way is for code that nothing else in the loop
# depends on meanwhile.
#
# **The third way** is the package `nest_asyncio`. It patches asyncio so that a running loop may be entered
# again, and `asyncio.run` then works in a cell. To see its price, here is a bank with 100 in the account,
# and two withdrawals of 80 at the same time. It runs in a Python process of its own, because the patch stays
# until the process ends.

# %%
BANK = """
import asyncio
balance = 100
def audit():                     # a plain function, so nobody expects a switch in here
    asyncio.run(asyncio.sleep(0.01))
async def withdraw(amount):
    global balance
    if balance >= amount:        # it checks,
        audit()
        balance -= amount        # and acts, with no await in between
async def main():
    print(await asyncio.gather(withdraw(80), withdraw(80), return_exceptions=True))
    print("balance", balance)
asyncio.run(main())
"""

# %% [markdown]
# **Predict.** What is the balance without the patch, and with it?

# %% demo
print(run_child(BANK))
print(run_child("import nest_asyncio; nest_asyncio.apply()" + BANK))

# %% [markdown]
# **What happened.** Without the patch, `audit` is refused and no money moves. With it, `audit` lets the
# other task run in the middle of the first withdrawal: both have checked before either has paid, and -60 is
# left. All async code relies on "no `await`, no switch". `nest_asyncio` takes that from every function of
# the process, and offers no way back:

# %% demo
print(run_child("import nest_asyncio; print([name for name in dir(nest_asyncio) if 'apply' in name])"))

# %% [markdown]
# Its [repository](https://github.com/erdewit/nest_asyncio) is archived, and ipykernel has [moved off
# it](https://github.com/ipython/ipykernel/pull/1499). You will meet it in other people's notebooks. When you
# do, make the plain function async (the first way), or give it a thread (the second).
#
# ## 5. Checks, progress, and handing in
# A check here is practice: it runs in this notebook's own process, and your marks are given later by the
# same check elsewhere. Handing in is in the **Nbgrader** menu, under **Assignment List**; the **Validate**
# button runs the whole notebook first. `progress()` shows where you are.

# %%
progress()

# %% [markdown]
# A check survives a wrong answer, an endless loop, and an exception. It cannot survive a program that ends
# its own process.
#
# **Predict.** What is printed here?

# %% demo
print(run_child("import os; print('before', flush=True); os._exit(1); print('after')"))

# %% [markdown]
# In a cell, `os._exit` takes the kernel with it, and with the kernel all your variables and the check. If
# that happens, choose **Kernel > Restart Kernel** and run the notebook again: what you have typed is still
# there.

# %% [markdown]
# ## Key points
# - Calling an `async def` function gives a coroutine object. `await` runs it and gives its value.
# - `await` pauses the function it stands in. Calls overlap when both are in flight before you wait for
#   either.
# - A notebook runs an event loop already: `await` in a cell, never `asyncio.run`.
# - From plain code, go to async code by `await` all the way, or through a thread with a loop of its own.
#   `nest_asyncio` breaks "no `await`, no switch" for the whole process.
#
# ## In production
# - A script or service has one `asyncio.run(main())`, at the bottom; `asyncio.Runner` where several calls
#   share a loop ([Runners](https://docs.python.org/3/library/asyncio-runner.html)).
# - A bridge between threads and a loop that is kept running: [anyio's blocking
#   portals](https://anyio.readthedocs.io/en/stable/threads.html), or [`async_to_sync` of
#   asgiref](https://github.com/django/asgiref).
#
# ## Further reading
# - [Coroutines and tasks](https://docs.python.org/3/library/asyncio-task.html), the Python documentation.
# - [Autoawait](https://ipython.readthedocs.io/en/stable/interactive/autoawait.html), how a cell comes to
#   `await`.
# - [nest-asyncio is no longer maintained](https://github.com/ipython/ipykernel/issues/1381), the discussion
#   in ipykernel.
