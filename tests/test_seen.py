from pipeline.palette import of_target
from pipeline.target import with_seen
from pipeline.target_file import shipped


def test_another_measured_set_changes_what_is_seen_and_nothing_else() -> None:
    target = shipped("waveshare-7in3e")
    other = with_seen(target, "epdoptimize")
    one, two = of_target(target), of_target(other)
    assert two.seen.tolist()[1] == [0xB9, 0xC7, 0xC9]
    assert one.seen.tolist() != two.seen.tolist()
    assert one.codes.tolist() == two.codes.tolist()
    assert one.nominal.tolist() == two.nominal.tolist()


def test_a_target_without_that_set_stays_as_it_is() -> None:
    target = shipped("ssd1306-128x64")
    assert with_seen(target, "epdoptimize") == target
