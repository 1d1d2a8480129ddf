import { DeconvError } from "../errors.ts";
import type { Callback, CallbackState, TrainingRun } from "./callback.ts";

/** Names of hooks. */
type Hook = Exclude<keyof Callback, "name" | "state" | "restore">;

/** What callbacks keep, by their names; two of one name are told apart by a number. */
export type CallbackStates = Readonly<Record<string, CallbackState>>;

/** The callbacks of a run. */
export class CallbackList {
  readonly #all: readonly Callback[];
  readonly #keys: readonly string[];

  /** @throws {DeconvError} When one callback is given twice, or something else than a callback. */
  constructor(callbacks: readonly Callback[]) {
    const counts = new Map<string, number>();
    this.#all = callbacks;
    this.#keys = callbacks.map((callback, i) => {
      if (typeof callback?.name !== "string" || typeof callback !== "object") {
        throw new DeconvError(
          `Callback ${
            i + 1
          } of fit is no callback: give what a factory such as earlyStopping() returns`,
        );
      }
      const { name } = callback;
      if (callbacks.indexOf(callback) < i) {
        throw new DeconvError(`The same callback ${name} is given twice to fit: make one for each`);
      }
      const count = (counts.get(name) ?? 0) + 1;
      counts.set(name, count);
      return count > 1 ? `${name}_${count}` : name;
    });
  }

  /** Calls a hook of each, one after the other. */
  async call<H extends Hook>(
    hook: H,
    ...given: Parameters<NonNullable<Callback[H]>>
  ): Promise<void> {
    for (const callback of this.#all) {
      const method = callback[hook] as ((...args: unknown[]) => void | Promise<void>) | undefined;
      const result = method?.apply(callback, given);
      if (result) await result;
    }
  }

  /** What they keep at the moment. */
  states(): CallbackStates {
    return Object.fromEntries(
      this.#all.flatMap((callback, i) =>
        callback.state ? [[this.#keys[i], callback.state()] as const] : []
      ),
    );
  }

  /** Lets each go on where its namesake stood. */
  restore(states: CallbackStates, run: TrainingRun): void {
    this.#all.forEach((callback, i) => {
      const key = this.#keys[i];
      if (Object.hasOwn(states, key)) callback.restore?.(states[key], run);
    });
  }
}
