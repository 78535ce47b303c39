// Before the first paint, so that nobody sees the other theme flash.
try {
  const theme = localStorage.getItem('hexlog.theme');
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
} catch {
  // Without storage the system's theme holds.
}
