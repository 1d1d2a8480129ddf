/** Names as Keras has them: in Pascal case of classes, in snake case of all else. */

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

/** `Conv2DTranspose` becomes `conv2d_transpose`, `PReLU` `p_re_lu`, `kernelSize` `kernel_size`. */
export function snake(name: string): string {
  return name.replaceAll(/(.)([A-Z][a-z]+)/g, "$1_$2").replaceAll(/([a-z])([A-Z])/g, "$1_$2")
    .toLowerCase();
}

/** `he_normal` becomes `HeNormal`. */
export function pascal(name: string): string {
  return name.replaceAll(/(?:^|_)([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

/** The name of an option. */
export function optionName(field: string): string {
  return field === "keepDims" ? "keepdims" : snake(field);
}
