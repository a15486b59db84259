/* FltSetInformationFile, and what is opened after names have gone. How rows of names move is in
 * names_test.c. */
#include "contract_cases.h"

#define GONE(o) "cleanup:" #o " close:" #o " "
#define INVALID "=STATUS_INVALID_PARAMETER "
#define CANNOT "=STATUS_CANNOT_DELETE "
#define NOT_FOUND "=STATUS_OBJECT_NAME_NOT_FOUND "
#define PENDING "=STATUS_DELETE_PENDING "
#define CLOSED "=STATUS_FILE_CLOSED "
#define FULL "=STATUS_INSUFFICIENT_RESOURCES "
#define EX(path) "FltCreateFileEx path=" path " access=DELETE "
#define MARK "FltSetInformationFile "
#define CLEAR "delete=0 "
#define POSIX "delete=FILE_DISPOSITION_DELETE|FILE_DISPOSITION_POSIX_SEMANTICS "
#define READONLY_TOO "delete=FILE_DISPOSITION_DELETE|FILE_DISPOSITION_IGNORE_READONLY_ATTRIBUTE "
#define ON_CLOSE "access=DELETE create_options=FILE_DELETE_ON_CLOSE "

static const struct script_case cases[] = {
    KEEPS(set_disposition, "",
          EX("\\a") "k1; " MARK "o1 allows:STATUS_SUCCESS; FltClose k1 cleanup:o1; "
                    "FltCreateFile " NOT_FOUND),
    KEEPS(set_disposition, "",
          EX("\\a") "k1; " MARK "o1; " MARK CLEAR "o1 allows:STATUS_SUCCESS; FltClose k1 "
                    "cleanup:o1; FltCreateFile k1"),
    KEEPS(set_disposition, "", /* of a directory that nothing is in */
          EX("\\e") "k1; " MARK "o1; FltClose k1 cleanup:o1; FltCreateFile path=\\e " NOT_FOUND),
    KEEPS(set_disposition, "",
          EX("\\readonly") "k1; " MARK READONLY_TOO "o1; FltCreateFile path=\\readonly " PENDING),
    KEEPS(set_disposition, "",
          EX("\\??\\W:\\a") "k1; " MARK CLEAR "o1; FltCreateFile path=\\??\\W:\\a k2"),
    KEEPS(set_disposition, "", /* the link, not what it leads to */
          EX("\\link") "create_options=FILE_OPEN_REPARSE_POINT k1; " MARK "o1; FltCreateFile k2"),
    KEEPS(set_disposition, "", /* every other file object of it can take the mark away */
          EX("\\a") "k1; FltCreateFileEx k2; " MARK "o1; " MARK CLEAR
                    "o2; FltCreateFile k3; FltClose k1 cleanup:o1; FltCreateFile k1"),
    KEEPS(set_disposition, "",
          EX("\\a") "k1; " MARK "o1 fail_step=1 " FULL "; FltCreateFile k2; " MARK
                    "o1 fail=STATUS_INSUFFICIENT_RESOURCES " FULL "; FltCreateFile k3"),
    KEEPS(set_disposition, "", /* names go when the last handle closes, not at a dereference */
          EX("\\a") "k1; FltCreateFileEx k2 o2 access=FILE_READ_ATTRIBUTES; " MARK
                    "o1; FltClose k1 cleanup:o1; FltCreateFile " PENDING
                    "; FltClose k2 cleanup:o2; FltCreateFile " NOT_FOUND
                    "; ObDereferenceObject o2 close:o2"),
    KEEPS(set_disposition, "", /* a POSIX delete does not wait for the others */
          EX("\\a") "k1; FltCreateFileEx k2; " MARK POSIX "o1; FltCreateFile " PENDING
                    "; FltClose k1 cleanup:o1; FltCreateFile " NOT_FOUND
                    "; FltCreateFile disposition=FILE_CREATE info:2 k1; FltClose k2 cleanup:o2; "
                    "FltCreateFile k2"),
    KEEPS(set_disposition, "", /* unless its mark was taken away since */
          EX("\\a") "k1; FltCreateFileEx k2 access=DELETE; " MARK POSIX "o1; " MARK CLEAR
                    "o2; " MARK "o2; FltClose k1 cleanup:o1; FltCreateFile " PENDING
                    "; FltClose k2 cleanup:o2; FltCreateFile " NOT_FOUND),
    KEEPS(set_disposition, "", /* or it was marked again, without */
          EX("\\a") "k1; FltCreateFileEx k2; " MARK POSIX "o1; " MARK
                    "o1 !marked-only-closed; FltClose k1 cleanup:o1; FltCreateFile " PENDING),
    KEEPS(set_disposition, "", /* delete-on-close opens mark again */
          "FltCreateFile k1 " ON_CLOSE "; FltCreateFileEx k2 access=DELETE; " MARK "o2; " MARK CLEAR
          "o2; FltClose k1 " GONE(o1) "; FltCreateFile " PENDING "; FltClose k2 cleanup:o2; "
                                      "FltCreateFile " NOT_FOUND),
    KEEPS(set_disposition, "", /* but for a directory with names in it */
          "FltCreateFile k1 path=\\e " ON_CLOSE
          "; FltCreateFile path=\\e\\y disposition=FILE_CREATE "
          "info:2 k2; FltClose k1 " GONE(o1) "; FltCreateFile path=\\e k1"),
    KEEPS(set_disposition, "", /* an open that is undone marks as it is closed */
          "FltCreateFile fail_step=4 " ON_CLOSE FULL
          "create:o1 " GONE(o1) "; FltCreateFile " NOT_FOUND),
    KEEPS(set_disposition, "", /* what is marked is, for whoever opens a duplicate's end as well */
          EX("\\a") "k1; ZwDuplicateObject k1 -> k2 target=System; " MARK
                    "o1; FltClose k1; FltCreateFile " PENDING "; ZwClose k2 cleanup:o1; "
                    "FltCreateFile " NOT_FOUND),
    BREAKS(set_disposition, "", EX("\\a") "k1; " MARK "o1 " CANNOT),
    BREAKS(set_disposition, "", EX("\\a") "k1; " MARK CLEAR "o1 " INVALID),
    BREAKS(set_disposition, "", EX("\\a") "k1; " MARK "o1 =STATUS_ACCESS_DENIED"),
    BREAKS(set_disposition, "", EX("\\e") "k1; " MARK "o1 =STATUS_DIRECTORY_NOT_EMPTY"),
    BREAKS(open_delete_pending, "", EX("\\a") "k1; " MARK "o1; FltCreateFile k2"),
    BREAKS(open_missing, "",
           EX("\\a") "k1; " MARK "o1; FltClose k1 cleanup:o1; FltCreateFile " PENDING),

    KEEPS(set_disposition_refused, "", EX("\\readonly") "k1; " MARK "o1 " CANNOT),
    KEEPS(set_disposition_refused, "", EX("\\") "k1; " MARK "o1 " CANNOT),
    KEEPS(set_disposition_refused, "", EX("\\d") "k1; " MARK "o1 =STATUS_DIRECTORY_NOT_EMPTY"),
    KEEPS(set_disposition_refused, "",
          EX("\\??\\W:\\a") "k1; " MARK "o1 =STATUS_MEDIA_WRITE_PROTECTED"),
    KEEPS(set_disposition_refused, "", EX("\\a") "k1; " MARK "delete=8 o1 " INVALID),
    KEEPS(set_disposition_refused, "",
          EX("\\??\\C:") "k1; " MARK "o1 " INVALID "; " MARK CLEAR "o1 " INVALID),
    KEEPS(set_disposition_refused, "", "FltOpenVolume k1 instance=i0; " MARK CLEAR "o1 " INVALID),
    KEEPS(set_disposition_refused, "",
          "FltCreateMailslotFile path=\\Device\\Mailslot\\m info:2 k1 access=DELETE; " MARK
          "o1 " INVALID),
    KEEPS(set_disposition_refused, "", /* of a file that has lost its name */
          EX("\\a") "k1; FltCreateFileEx k2 access=DELETE; " MARK POSIX
                    "o1; FltClose k1 cleanup:o1; " MARK "o2 =STATUS_FILE_DELETED; " MARK CLEAR
                    "o2 =STATUS_FILE_DELETED"),
    BREAKS(set_disposition_refused, "", EX("\\readonly") "k1; " MARK "o1"),
    BREAKS(set_disposition_refused, "", EX("\\") "k1; " MARK "o1 " INVALID),
    BREAKS(set_disposition_refused, "", EX("\\d") "k1; " MARK "o1"),
    BREAKS(set_disposition_refused, "", EX("\\a") "k1; " MARK "delete=8 o1"),
    BREAKS(set_disposition_refused, "", EX("\\d") "k1; " MARK "o1 " CANNOT),
    KEEPS(use_open_file_object, "",
          EX("\\a") "k1; FltClose k1 cleanup:o1; " MARK "delete=8 o1 " CLOSED "!file-object-open"),
    BREAKS(use_open_file_object, "",
           EX("\\a") "k1; FltClose k1 cleanup:o1; " MARK "o1 !file-object-open"),
    KEEPS(injected_failure, "",
          EX("\\a") "k1; " MARK "o1 fail=STATUS_INSUFFICIENT_RESOURCES " FULL),

    /* What callers do wrong */
    KEEPS(delete_needs_access, "", EX("\\a") "k1; " MARK "o1"),
    KEEPS(delete_needs_access, "", "FltCreateFileEx k1 access=MAXIMUM_ALLOWED; " MARK "o1"),
    KEEPS(delete_needs_access, "", "FltCreateFileEx k1; " MARK CLEAR "o1 allows:STATUS_SUCCESS"),
    BREAKS(delete_needs_access, "",
           "FltCreateFileEx k1; " MARK "o1 !delete-needs-access "
           "allows:STATUS_SUCCESS|STATUS_ACCESS_DENIED; FltCreateFile " PENDING),
    BREAKS(delete_needs_access, "",
           "FltCreateFileEx k1; " MARK "o1 =STATUS_ACCESS_DENIED !delete-needs-access; "
           "FltCreateFile k2; FltReadFile o1"),
    BREAKS(delete_needs_access, "", /* what a duplicate has does not count */
           "FltCreateFileEx k1; ZwDuplicateObject k1 -> k2 target=System options=0 "
           "access=DELETE; " MARK "o1 !delete-needs-access"),
    BREAKS(delete_needs_access, "",
           "FltOpenVolume k1 instance=i0; " MARK "o1 " INVALID "!delete-needs-access"),
    KEEPS(marked_only_closed, "", EX("\\a") "k1; " MARK "o1; FltClose k1 cleanup:o1"),
    KEEPS(marked_only_closed, "",
          EX("\\a") "k1; FltCreateFileEx k2; " MARK "o1; FltReadFile o2; " MARK CLEAR
                    "o2; FltReadFile o1; FltWriteFile o1; FltQueryInformationFile o1"),
    KEEPS(marked_only_closed, "", EX("\\a") "k1; " MARK "o1 fail_step=1 " FULL "; FltReadFile o1"),
    KEEPS(marked_only_closed, "", EX("\\readonly") "k1; " MARK "o1 " CANNOT "; FltReadFile o1"),
    KEEPS(marked_only_closed, "", EX("\\a") "k1; " MARK "o1; " MARK CLEAR "o1; " MARK "o1"),
    BREAKS(marked_only_closed, "",
           EX("\\a") "k1; " MARK "o1; FltReadFile o1 !marked-only-closed; FltWriteFile o1 "
                     "!marked-only-closed; FltQueryInformationFile o1 !marked-only-closed"),
    BREAKS(marked_only_closed, "", EX("\\a") "k1; " MARK "o1; " MARK "o1 !marked-only-closed"),
    BREAKS(marked_only_closed, "",
           EX("\\a") "k1; FltCreateFileEx k2 access=DELETE; " MARK "o1; " MARK CLEAR "o2; " MARK
                     "o2; FltReadFile o2 !marked-only-closed; FltReadFile o1"),
    BREAKS(flt_at_passive, "", EX("\\a") "k1; KeRaiseIrql irql=1; " MARK "o1 !flt-at-passive"),
    BREAKS(object_not_null, "", MARK "NULL =withheld !object-not-null"),
    BREAKS(object_live, "", MARK "o9 =withheld !object-live"),
    BREAKS(file_object_is_file, "",
           "ZwCreateEvent k1; ObReferenceObjectByHandle k1 o1; " MARK
           "o1 =withheld !file-object-is-file"),
    BREAKS(file_object_open, "",
           EX("\\a") "k1; FltClose k1 cleanup:o1; " MARK "o1 " CLOSED "!file-object-open"),
    BREAKS(instance_live, "", EX("\\a") "k1; " MARK "o1 instance=i1 =withheld !instance-live"),
};

static void test_rules(void **state) {
    run_cases(*state, cases, ENTRIES(cases));
}

static void test_every_rule_has_its_cases(void **state) {
    (void)state;
    check_have_cases(rules_of_deleting_test, ENTRIES(rules_of_deleting_test), cases,
                     ENTRIES(cases));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_rules),
        TEST(test_every_rule_has_its_cases),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
