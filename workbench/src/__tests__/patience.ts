import { configure } from '@testing-library/dom';

// Looking for a role in a whole notebook takes a busy machine more than the usual second.
configure({ asyncUtilTimeout: 15_000 });
