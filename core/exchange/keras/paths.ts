/**
 * Gives the layers of a network the names that Keras 3 has for them in its file of weights
 * (`_save_container_state` in keras/src/saving/saving_lib.py): their class and how many of it came before,
 * whatever their own names, such as `conv2d_1`.
 */
export function kerasPaths(): (className: string) => string {
  const counts = new Map<string, number>();
  return (className) => {
    const name = snake(className), count = counts.get(name) ?? 0;
    counts.set(name, count + 1);
    return count ? `${name}_${count}` : name;
  };
}

/** `Conv2DTranspose` is `conv2d_transpose` there, `PReLU` `p_re_lu`. */
function snake(className: string): string {
  return className.replaceAll(/(.)([A-Z][a-z]+)/g, "$1_$2").replaceAll(/([a-z])([A-Z])/g, "$1_$2")
    .toLowerCase();
}
