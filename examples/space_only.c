/* space_only.c: the object space without Python: clerks move money between accounts while auditors look on, and nobody ever sees a sum that is wrong.
 *
 *     cc space_only.c $(pkg-config --cflags --libs apodora) -pthread && ./a.out
 */
#include <apodora/txn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

enum { ACCOUNTS = 10, CLERKS = 3, TRANSFERS = 20000, OPENING_BALANCE = 1000 };
enum { BALANCE };

static apo_object *bank; /* refers to the accounts */

typedef struct order { unsigned from, to; int64_t amount; } order;

static int open_bank(void *unused) {
    (void)unused;
    if ((bank = apo_object_new(1, ACCOUNTS)) == NULL) return APO_NO_MEMORY;
    for (unsigned i = 0; i < ACCOUNTS; i++) {
        apo_object *account = apo_object_new(1, 0);
        if (account == NULL) return APO_NO_MEMORY;
        apo_set(account, BALANCE, OPENING_BALANCE);
        apo_set_ref(bank, i, account);
    }
    return apo_share(bank);
}

/* Waits when there is not enough money: the block runs again once one of the two accounts has changed. */
static int transfer(void *arg) {
    const order *o = arg;
    apo_object *from = apo_get_ref(bank, o->from), *to = apo_get_ref(bank, o->to);
    int64_t balance = apo_get(from, BALANCE);
    if (balance < o->amount) return APO_RETRY;
    int result = apo_set(from, BALANCE, balance - o->amount);
    if (result == APO_OK) result = apo_set(to, BALANCE, apo_get(to, BALANCE) + o->amount);
    return result;
}

static int audit(void *arg) {
    int64_t *sum = arg;
    *sum = 0;
    for (unsigned i = 0; i < ACCOUNTS; i++) *sum += apo_get(apo_get_ref(bank, i), BALANCE);
    return APO_OK;
}

static void *clerk(void *arg) {
    unsigned random = (unsigned)(size_t)arg * 7919 + 1;
    apo_txn_options patience = {.timeout_ns = 1000000, .name = "transfer"};
    long given_up = 0;
    if (apo_thread_enter() != APO_OK) return NULL;
    for (int i = 0; i < TRANSFERS; i++) {
        random = random * 1103515245 + 12345;
        order o = {random >> 16 & 0xff, random >> 8 & 0xff, random >> 20 & 0x3f};
        o.from %= ACCOUNTS, o.to %= ACCOUNTS;
        if (o.from != o.to && apo_atomic(transfer, &o, &patience) == APO_TIMEOUT) given_up++;
    }
    apo_thread_leave();
    return (void *)(size_t)given_up;
}

static volatile int open_for_business = 1;

static void *auditor(void *arg) {
    apo_txn_options look = {.readonly = 1, .name = "audit"};
    long looks = 0, *wrong = arg;
    if (apo_thread_enter() != APO_OK) return NULL;
    while (__atomic_load_n(&open_for_business, __ATOMIC_RELAXED)) {
        int64_t sum;
        if (apo_atomic(audit, &sum, &look) != APO_OK || sum != ACCOUNTS * OPENING_BALANCE) ++*wrong;
        looks++;
    }
    apo_thread_leave();
    return (void *)(size_t)looks;
}

int main(void) {
    pthread_t clerks[CLERKS], watcher;
    apo_txn_stats stats;
    void *looks, *given_up;
    long wrong = 0, without_money = 0;
    int64_t sum = 0;
    if (apo_txn_open() != APO_OK || apo_thread_enter() != APO_OK || apo_atomic(open_bank, NULL, NULL) != APO_OK) return 1;
    if (pthread_create(&watcher, NULL, auditor, &wrong)) return 1;
    for (size_t i = 0; i < CLERKS; i++)
        if (pthread_create(&clerks[i], NULL, clerk, (void *)i)) return 1;
    for (size_t i = 0; i < CLERKS; i++) {
        pthread_join(clerks[i], &given_up);
        without_money += (long)(size_t)given_up;
    }
    __atomic_store_n(&open_for_business, 0, __ATOMIC_RELAXED);
    pthread_join(watcher, &looks);
    if (apo_atomic(audit, &sum, NULL) != APO_OK) return 1;
    apo_txn_stats_get(&stats);
    printf("sum %lld, %ld wrong of %ld audits; %llu commits, %llu conflicts, %ld transfers given up for lack of money\n", (long long)sum, wrong,
           (long)(size_t)looks, (unsigned long long)stats.commits, (unsigned long long)stats.conflicts, without_money);
    apo_thread_leave();
    apo_txn_close();
    return wrong != 0 || sum != ACCOUNTS * OPENING_BALANCE;
}
