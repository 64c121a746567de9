#!/bin/sh
# kill9.sh APODORA [ROUNDS [DURABILITY]]: lets bank.py run on a store, kills it at some moment, and verifies what is found, again and again.
# Under sync nothing that was printed may be missing; under the others the log must be whole, but may be shorter.
apodora=$1 rounds=${2:-10} durability=${3:-sync}
here=$(dirname "$0")
dir=$(mktemp -d) || exit 1
passed=0 failed=0 i=0
while [ $i -lt "$rounds" ]; do
    i=$((i + 1))
    "$apodora" --store "$dir/s" --durability "$durability" "$here/bank.py" run >"$dir/out" 2>"$dir/err" &
    pid=$!
    sleep "0.$((i * 37 % 80 + 10))"
    kill -9 $pid 2>/dev/null
    wait $pid 2>/dev/null
    [ "$durability" = sync ] || : >"$dir/out"
    if [ ! -d "$dir/s" ]; then continue; fi
    result=$("$apodora" --store "$dir/s" "$here/bank.py" check "$dir/out" 2>&1)
    case $result in
        ok*) passed=$((passed + 1)); [ -z "$VERBOSE" ] || echo "round $i: $result" ;;
        *) failed=$((failed + 1)); echo "round $i: $result"; tail -3 "$dir/err" ;;
    esac
    "$apodora" store check "$dir/s" --quiet || { failed=$((failed + 1)); echo "round $i: damage"; }
done
rm -rf "$dir"
echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
