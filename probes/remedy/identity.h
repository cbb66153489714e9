/* Who changes something, from where: for the journal and the Lease. */
#ifndef REMEDY_IDENTITY_H
#define REMEDY_IDENTITY_H

struct identity {
	char *user;		/* name of the effective user; "uid 1234" where it has none */
	char *sudo_user;	/* who became that user by sudo; NULL: nobody */
	char *host;		/* this machine */
	char *client;		/* address that an SSH session comes from; NULL: no session */
};

/* Release it with identity_release(). */
void identity_read(struct identity *identity);
void identity_release(struct identity *identity);

#endif
