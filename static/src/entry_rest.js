// The second part of the entry page's script: what nobody needs in order to begin typing.

import './evidence.js';
import { offerDrafts } from './entry/drafts.js';
import { Pasting } from './entry/pasting.js';

window.restOfEntry = (form, saver) => {
  offerDrafts(form, saver);
  saver.onReport(saver.dirty().length);
  return new Pasting(form, saver);
};
