/** How long (ms) a run may go without letting the event loop turn: signals and servers wait for it. */
const TURN = 50;

/** A function that lets the event loop turn once it is time for that. */
export function turns(): () => void | Promise<void> {
  let turned = performance.now();
  return () => {
    if (performance.now() - turned <= TURN) return;
    return new Promise<void>((resolve) => setTimeout(resolve, 0)).then(() => {
      turned = performance.now();
    });
  };
}
