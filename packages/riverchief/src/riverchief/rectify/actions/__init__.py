"""Every change of a clue or a problem, one class each."""

from riverchief.rectify.actions.assignment import AssignProblem, ChangeChief, RefuseProblem, SignForProblem
from riverchief.rectify.actions.at_outfall import OpenClueFromOverflow, OpenClueFromPower
from riverchief.rectify.actions.campaign import SetCampaign
from riverchief.rectify.actions.checking import SendBackProblem, VerifyProblem, WriteOffProblem
from riverchief.rectify.actions.decisions import ConfirmClue, DismissClue, MergeClue
from riverchief.rectify.actions.evidence import UploadEvidence
from riverchief.rectify.actions.from_trace import HandOverCandidate, OpenClueFromTrace
from riverchief.rectify.actions.moving import MergeProblem, SplitProblem, TransferProblem, TransferToArea
from riverchief.rectify.actions.problem import ProblemAction
from riverchief.rectify.actions.rectification import PlanRectification, ReportRectified
from riverchief.rectify.actions.registration import RegisterClue

__all__ = [
    "AssignProblem",
    "ChangeChief",
    "ConfirmClue",
    "DismissClue",
    "HandOverCandidate",
    "MergeClue",
    "MergeProblem",
    "OpenClueFromOverflow",
    "OpenClueFromPower",
    "OpenClueFromTrace",
    "PlanRectification",
    "ProblemAction",
    "RefuseProblem",
    "RegisterClue",
    "ReportRectified",
    "SendBackProblem",
    "SetCampaign",
    "SignForProblem",
    "SplitProblem",
    "TransferProblem",
    "TransferToArea",
    "UploadEvidence",
    "VerifyProblem",
    "WriteOffProblem",
]
