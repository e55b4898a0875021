/** @internal Tells a stream's callback how a piece of work ended. */
export async function report(
  work: Promise<unknown> | undefined,
  done: (error: Error | null) => void,
): Promise<void> {
  let failure: Error | null = null
  try {
    await work
  } catch (error) {
    failure = error as Error
  }
  done(failure)
}
