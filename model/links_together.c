/* Links with every object of the model: a name that two parts define does not link. */
int main(void) {
    return 0;
}
