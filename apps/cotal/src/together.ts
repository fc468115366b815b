/** What all of them give. When one fails, the others have ended as well by then. */
export async function together<const Works extends readonly unknown[]>(
  works: Works,
): Promise<{ -readonly [At in keyof Works]: Awaited<Works[At]> }> {
  await Promise.allSettled(works);
  return await Promise.all(works);
}
