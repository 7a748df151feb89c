package ledgertest

var (
	lockStories = []Story{
		{"closed", closedLedger}, {"lock", lockInOneProcess}, {"lock dies with its process", lockDiesWithItsProcess},
	}
	runStories = []Story{
		{"runs", runRecords}, {"working and since", workingAndSince}, {"unknown run and part", unknownRunAndPart}, {"times still to come", timesStillToCome},
		{"water", highWater}, {"sent since", peopleSentSince}, {"committed", committedRows}, {"story", personsStory}, {"limits of a story", storyLimits},
	}
	planStories = []Story{
		{"facts of rows come back", factsComeBack}, {"kinds come back", kindsComeBack}, {"changes come back", changesComeBack}, {"faults are added", addedFaults},
		{"plan commits", planCommits}, {"plan refuses", planRefuses}, {"plan is the only writer", planIsTheOnlyWriter},
		{"rollback leaves nothing", rollbackLeavesNothing}, {"reader during a plan", readerDuringPlan},
		{"counts equal rows", countsEqualRowsAdded}, {"plan begun again", restartedPlan}, {"failed plan is not begun again", failedPlanIsNotRestarted},
	}
	spoolStories = []Story{
		{"sweep after a crash", sweepAfterCrash}, {"orphan is not used", orphanIsNotReused}, {"spool fault says where", spoolFaultSaysWhere},
		{"bytes are checked", bytesAreChecked},
	}
	moveStories = []Story{
		{"table of moves", moveTable}, {"moves record facts and history", moveRecordsFactsAndHistory},
		{"order of unfinished parts", orderOfUnfinished}, {"callbacks", callbacks},
	}
	settleStories = []Story{
		{"dropped files are no people", droppedFilesAreNoPeople}, {"settle", settledPart}, {"known is what was last sent", knownIsWhatWasLastSent},
		{"the rest takes the note", settleRestTakesTheNote}, {"settle refuses", settleRefuses}, {"settle drops", settleDrops},
		{"verified", verifiedRows},
	}
	keptStories = []Story{
		{"kept and read", keptRoundTrip}, {"kept is taken up", keptIsTakenUp}, {"given up or taken up", givenUpOrTakenUp},
		{"beside a held run", besideAHeldRun}, {"kept and changed", keptThatWasChanged}, {"kept of no plan", keptOfNoPlan},
		{"kept is replaced", keptIsReplaced}, {"what waits for its day", datedWaits}, {"approvals", approvalsCount}, {"planners", plannersOfRuns}, {"void approvals", voidApprovals}, {"keeps, and the last feed", keepsAndLastFeed},
	}
	fileStories   = []Story{{"seen", seenFiles}, {"seen later", seenLater}, {"line ends", lineEndsOfFeeds}, {"file order", fileOrder}, {"overtaken", overtaken}, {"configs", configsOfRuns}, {"roll", rollCalls}}
	writeStories  = []Story{{"writes", recordedWrites}, {"unfilled", unfilledPeople}, {"unfilled stays", unfilledStays}}
	outboxStories = []Story{{"outbox", outboxSurvives}}
	peopleStories = []Story{{"waiting", waitingPeople}, {"pseudonyms", pseudonymsStay}, {"logins", everyLogin}}
	careStories   = []Story{
		{"prune", pruning}, {"prune what is kept", pruneKept}, {"prune needs the lock", pruneNeedsTheLock}, {"prune notices", pruneNotices}, {"backup", backedUp}, {"backup is whole", backupIsWhole},
	}
	forgetStories = []Story{
		{"forget", forgetting}, {"forgetting waits", forgettingWaits}, {"forgetting is done again", forgettingIsDoneAgain},
		{"forget whoever is kept", forgetKept}, {"forget whoever waits for a day", forgetDated}, {"forget whoever was looked up", forgetChecked}, {"messages about a forgotten person", forgottenMessages},
	}
)
