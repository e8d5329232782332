import './offline.js';

// A password field with a button that shows what is typed. Hidden where scripts do not run.
for (const button of document.querySelectorAll('[data-reveal]')) {
  const field = document.getElementById(button.getAttribute('aria-controls'));
  button.hidden = false;
  button.addEventListener('click', () => {
    const shown = field.type === 'text';
    field.type = shown ? 'password' : 'text';
    button.setAttribute('aria-pressed', String(!shown));
  });
}

// Demo accounts: one press fills both fields.
for (const button of document.querySelectorAll('[data-demo-account]')) {
  button.addEventListener('click', () => {
    const form = button.closest('form');
    form.elements.username.value = button.dataset.demoAccount;
    form.elements.password.value = document.querySelector('[data-demo-password]').textContent;
    form.querySelector('[type=submit]').focus();
  });
}

// The phone's menu closes on Escape and on a press elsewhere.
const menu = document.querySelector('details.menu');
if (menu) {
  document.addEventListener('keydown', (event) => {
    if (event.key === 'Escape' && menu.open) {
      menu.open = false;
      menu.querySelector('summary').focus();
    }
  });
  document.addEventListener('click', (event) => {
    if (menu.open && !menu.contains(event.target)) menu.open = false;
  });
}
