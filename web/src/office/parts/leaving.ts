/** Leave the product for a page elsewhere, such as a provider's; only over a safe line. */
export function leaveFor(url: string): void {
  if (/^https?:\/\//.test(url)) window.location.assign(url)
}
