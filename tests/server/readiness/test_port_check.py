import socket

from glsmed.server.folders.study_folder import StudyFolder
from glsmed.server.readiness.port_check import check_ports
from glsmed.shared.files.exclusive_lock import exclusive_lock


def test_free_ports_are_said(new_folder: StudyFolder) -> None:
    report = check_ports(new_folder, new_folder.study())
    assert report.faults == []
    assert len(report.lines) == 2


def test_a_port_in_use_is_a_fault_with_its_key(new_folder: StudyFolder) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", new_folder.study().centre.loopback_port))
        taken.listen()
        (fault,) = check_ports(new_folder, new_folder.study()).faults
    assert "centre.loopback_port" in fault


def test_the_ports_of_the_running_centre_are_its_own(new_folder: StudyFolder) -> None:
    new_folder.prepare_state()
    with exclusive_lock(new_folder.lock, work="this test"):
        (line,) = check_ports(new_folder, new_folder.study()).lines
    assert "is running" in line
