package switchboard

// switchTable is the list of all switches. A basis names the titles of Coupa's pages.
func switchTable() []switchSpec {
	var table []switchSpec
	for _, part := range [][]switchSpec{pickUpSwitches(), loadSwitches(), rowSwitches(), apiSwitches(), answerSwitches(), sftpSwitches()} {
		table = append(table, part...)
	}
	return table
}

func words(values ...string) []string { return values }

func pickUpSwitches() []switchSpec {
	return []switchSpec{
		{"pickup", "auto", words("auto", "manual", "instant", "eager"), func(s *Switches) any { return &s.PickUp },
			"assumed: files are taken by the clock; instant takes a file as soon as it has its final name, eager at its first bytes, manual only when the program that runs the twin says so, for tests"},
		{"pickup-interval", "200ms", words("DURATION"), func(s *Switches) any { return &s.PickUpInterval },
			"documented: Coupa looks every 3 to 6 minutes (Coupa CSV Flat File Integration); the twin is faster"},
		{"order", "alphanumeric", words("alphanumeric", "parallel"), func(s *Switches) any { return &s.Order },
			"disputed: alphanumeric by name (Users Import), or several files at once (Integration Type Considerations); parallel loads a row of each file in turn"},
		{"archive-place", "incoming-archive", words("incoming-archive", "archive-incoming"), func(s *Switches) any { return &s.ArchivePlace },
			"disputed: /Incoming/Archive/Users (Users Import), or /Archive/Incoming/Users (SFTP Overview)"},
		{"archive-time", "before", words("before", "after"), func(s *Switches) any { return &s.ArchiveTime },
			"disputed: the file moves before it is processed (Users Import), or after (SFTP Overview)"},
		{"dotted", "ignored", words("ignored", "picked"), func(s *Switches) any { return &s.Dotted },
			"assumed: no page says whether a name that begins with a dot is picked up"},
		{"suffix", "csv-only", words("csv-only", "any"), func(s *Switches) any { return &s.Suffix },
			"assumed: no page says whether names without .csv are picked up"},
		{"file-limits", "fail", words("fail", "load"), func(s *Switches) any { return &s.FileLimits },
			"assumed: 5,000 rows and 8 MB a file are documented (Coupa CSV Flat File Integration); what happens to a bigger one is not"},
	}
}

func loadSwitches() []switchSpec {
	return []switchSpec{
		{"load-time", "0s", words("DURATION"), func(s *Switches) any { return &s.LoadTime },
			"documented: samples take 11 seconds to 2 minutes (DataFileSources API Example Calls); the twin is faster"},
		{"list-delay", "0s", words("DURATION"), func(s *Switches) any { return &s.ListDelay },
			"assumed: no page says how soon after the pick-up a load is listed"},
		{"load-outcome", "normal", words("normal", "failed", "stuck", "odd", "empty", "unlisted"), func(s *Switches) any { return &s.LoadOutcome },
			"fault: every load fails, never ends, or ends with nothing done (all three occur in DataFileSources API Example Calls), keeps an unknown status, or is never listed"},
		{"corrupt-rows-processed", no, words(no, Yes), func(s *Switches) any { return &s.CorruptRowsProcessed },
			"disputed: corrupt rows are not in the count of rows processed (DataFileSources API Example Calls); one tenant sees them counted"},
		{"unchanged-counted", Yes, words(Yes, no), func(s *Switches) any { return &s.UnchangedCounted },
			"assumed: no page says whether a row that changes nothing counts as updated"},
		{"row-base", "1", words("0", "1", "2"), func(s *Switches) any { return &s.RowBase },
			"disputed: in the samples, data rows seem to be counted from 1 (DataFileSources API Example Calls); 2 counts the header too"},
		{"status-case", "lower", words("lower", "title"), func(s *Switches) any { return &s.StatusCase },
			"disputed: payloads have done, the list of values has Done (DataFileSources API Example Calls)"},
		{"counters", Yes, words(Yes, no), func(s *Switches) any { return &s.Counters },
			"disputed: records-count and the counters beside it are in the schemas and on one of two pages (Data File Sources API); older samples lack them"},
		{"repeated-names", no, words(no, Yes), func(s *Switches) any { return &s.RepeatedNames },
			"documented: one sample has seven loads with the same name on one day (DataFileSources API Example Calls); yes adds an older one to every load"},
		{"screen-loads", no, words(no, Yes), func(s *Switches) any { return &s.ScreenLoads },
			"documented: loads from the screen keep the plain name and may stay in status sample (DataFileSources API Example Calls); yes adds one to every load"},
	}
}

func rowSwitches() []switchSpec {
	return []switchSpec{
		{"key-precedence", "id,employee-number,login", words("id,employee-number,login", "id,login,employee-number"), func(s *Switches) any { return &s.KeyPrecedence },
			"disputed: a page gives this order and warns about Login alone (Users Import); one tenant reports the other order"},
		{"login-case", "fold", words("fold", "exact"), func(s *Switches) any { return &s.LoginCase },
			"assumed: no page says whether logins, e-mails, employee numbers and mention names are case-sensitive"},
		{"empty-cell", "keep", words("keep", "clear", "error"), func(s *Switches) any { return &s.EmptyCell },
			"disputed: no page says what an empty cell does; a blank Account Security Type is 0 in any case (Users Import)"},
		{"null-word", "roles", words("roles", "lists"), func(s *Switches) any { return &s.NullWord },
			"documented: --NULL-- removes all roles (Remove a Role from a User); for other lists that is only plausible"},
		{"lost-columns", "none", words("COLUMNS"), func(s *Switches) any { return &s.LostColumns },
			"fault: a load ignores the cells of these comma-separated columns, without an error"},
	}
}

func apiSwitches() []switchSpec {
	return []switchSpec{
		{"api", "on", words("on", "off"), func(s *Switches) any { return &s.API },
			"fault: every path below /api returns 404; the token endpoint keeps working"},
		{"api-latency", "0s", words("DURATION"), func(s *Switches) any { return &s.APILatency },
			"fault: a slow instance"},
		{"token-settle", "0s", words("DURATION"), func(s *Switches) any { return &s.TokenSettle },
			"documented: a token may be refused in its first 5 seconds (OpenID Connect Clients)"},
		{"rate", "25", words("NUMBER"), func(s *Switches) any { return &s.Rate },
			"documented: 25 requests a second, bursts of 20 (Exception Handling and Error Codes); it is assumed that further requests get 429 and Retry-After"},
		{"scopes", "core.user.read core.user.write core.integration.read core.common.read", words("SCOPES"), func(s *Switches) any { return &s.Scopes },
			"documented: a client may ask for the scopes that it was given (Set Up an OpenID Connect Client); separated by blanks"},
		{"load-scope", "core.integration.read", words("core.integration.read", "core.common.read"), func(s *Switches) any { return &s.LoadScope },
			"assumed: no page says which scope data_file_sources needs"},
		{"list-scope", "core.common.read", words("core.common.read", "core.user.read"), func(s *Switches) any { return &s.ListScope },
			"assumed: no page says which scope each list of reference data (departments, groups, currencies, addresses) needs"},
		{"put-lists", "add", words("add", "replace"), func(s *Switches) any { return &s.PutLists },
			"disputed: Coupa prescribes two calls to remove a role, from which it follows that a PUT adds roles (Remove a Role from a User); no page says so"},
		{"unknown-in-list", "name", words("name", "list"), func(s *Switches) any { return &s.UnknownInList },
			"assumed: data that is referred to must exist, or the value is not changed (Get Started with the API); no page says whether one unknown name is left out of a list, or the whole list stays as it was"},
		{"unknown-filter", "refuse", words("refuse", "ignore"), func(s *Switches) any { return &s.UnknownFilter },
			"assumed: no page says what happens to a query with an unknown attribute"},
		{"not-queryable", "none", words("ELEMENTS"), func(s *Switches) any { return &s.NotQueryable },
			"assumed: any queryable field finds a user (Modify a User), and no page says which are not; these blank-separated elements, such as custom-fields.school-name, are then unknown attributes, see unknown-filter"},
		{"user-filter", "obeyed", words("obeyed", "ignored"), func(s *Switches) any { return &s.UserFilter },
			"fault: filters are ignored, and the answer has all users"},
		{"user-ids", "own", words("own", "zero", "twice"), func(s *Switches) any { return &s.UserIDs },
			"fault: a list of users in which each has id 0, or in which each is followed by another user with the same id"},
		{"shown-elements", "all", words("ELEMENTS"), func(s *Switches) any { return &s.ShownElements },
			"documented: an administrator can set a response filter for every answer whose call does not name its fields (API Response Filters); these blank-separated elements remain"},
		{"fields", "obeyed", words("obeyed", "ignored"), func(s *Switches) any { return &s.Fields },
			"documented: fields says what an answer shows (API Return Formats); it is assumed that it overrides the response filter"},
		{"user-fault", "none", userFaults(), func(s *Switches) any { return &s.UserFault },
			"fault: what calls to /api/users get; late: an answer after a minute; lost: the connection is cut after the call has been carried out; 422-bare: an error that quotes values, in the other known form of errors"},
		{"user-fault-at", "all", userCalls(), func(s *Switches) any { return &s.UserFaultAt },
			"fault: which calls to /api/users get the user-fault; look: a GET of one id, as sent directly before a PUT"},
		{"user-fault-every", "1", words("NUMBER"), func(s *Switches) any { return &s.UserFaultEvery },
			"fault: with 3, every third of these calls gets the user-fault"},
	}
}

func answerSwitches() []switchSpec {
	return []switchSpec{
		{"answer", "normal", words("normal", "401", "403", "404", "406", "422", "429", "429-retry-after", "500", "502", "time-out", "truncated", "xml", "empty"), func(s *Switches) any { return &s.Answer },
			"fault: what /api sends instead of the answer: a status (502 with a web page), nothing in time, half the answer, XML even if JSON was asked for, an empty body"},
		{"page-answer", "normal", words("normal", "login", "403", "404", "500", "empty", "strange"), func(s *Switches) any { return &s.PageAnswer },
			"fault: what /data_sources sends instead of the page: the login (an expired cookie), a status, an empty body, a table without the known columns"},
		{"token-answer", "normal", words("normal", "refused", "scope", "500", "web-page"), func(s *Switches) any { return &s.TokenAnswer },
			"fault: what the token endpoint sends instead of a token: client or scope refused, a status, a web page"},
		{"token-calls", "0", words("NUMBER"), func(s *Switches) any { return &s.TokenCalls },
			"fault: a token is refused after so many calls, long before it expires; 0 means never"},
		{"answer-from", "start", words("start", "pickup"), func(s *Switches) any { return &s.AnswerFrom },
			"fault: with pickup, the faults of the three answers above begin once a file has been picked up"},
		{"retry-after", "1s", words("DURATION"), func(s *Switches) any { return &s.RetryAfter },
			"fault: how long 429-retry-after asks a client to wait, in whole seconds"},
		{"fault-times", "0", words("NUMBER"), func(s *Switches) any { return &s.FaultTimes },
			"fault: bad answers, user-faults and failing file operations end after so many; 0 means never"},
		{"clock", "right", words("right", "hour-behind", "hour-ahead"), func(s *Switches) any { return &s.Clock },
			"fault: the clock of the instance is wrong"},
	}
}

func sftpSwitches() []switchSpec {
	return []switchSpec{
		{"drop-folder", "normal", words("normal", "no-list", "write-only"), func(s *Switches) any { return &s.DropFolder },
			"fault: the drop folder cannot be listed; with write-only its files cannot be seen or read either"},
		{"drop-path", "folder", words("folder", "link"), func(s *Switches) any { return &s.DropPath },
			"assumed: a folder; link: a symbolic link to a folder elsewhere"},
		{"home", "/", words("/", "/home/coupa"), func(s *Switches) any { return &s.Home },
			"assumed: it follows from the pages that paths begin at /; with /home/coupa nothing exists outside it, and relative paths begin there"},
		{"write", "allowed", words("allowed", "denied", "full", "quota", "short", "vanish"), func(s *Switches) any { return &s.Write },
			"fault: no right to write, a full disk, a quota, bytes lost without an error, or files that are removed as soon as they are written"},
		{"stat", "allowed", words("allowed", "denied"), func(s *Switches) any { return &s.Stat },
			"fault: no right to see the size and time of a file"},
		{"setstat", "allowed", words("allowed", "refused"), func(s *Switches) any { return &s.Setstat },
			"assumed: no page says whether times, modes and sizes of a file may be set"},
		{"rename", "allowed", words("allowed", "overwrites", "unsupported", "denied", "taken"), func(s *Switches) any { return &s.Rename },
			"assumed: no page says whether an upload may be renamed, or may replace an existing file; taken: another file already has the name"},
		{"rename-reply", "sent", words("sent", "lost"), func(s *Switches) any { return &s.RenameReply },
			"fault: the connection is cut after a rename and before its reply"},
		{"archive-read", "allowed", words("allowed", "denied"), func(s *Switches) any { return &s.ArchiveRead },
			"fault: the archive folder cannot be listed or read"},
		{"silent-after", "none", words("none", "connect", "auth", "write"), func(s *Switches) any { return &s.SilentAfter },
			"fault: the server accepts the connection, the login or the data, and then no longer answers"},
		{"drop-after-bytes", "0", words("NUMBER"), func(s *Switches) any { return &s.DropAfterBytes },
			"fault: the connection is cut after so many bytes of file data; 0 means never"},
		{"sftp-latency", "0s", words("DURATION"), func(s *Switches) any { return &s.SFTPLatency },
			"fault: a slow server; the delay before each answer about files"},
		{"algorithms", "modern", words("modern", "old"), func(s *Switches) any { return &s.Algorithms },
			"assumed: only RSA 2048 keys are mentioned (SFTP Overview); old offers only ssh-rsa, group 14 with SHA-1 and hmac-sha1"},
		{"login", "any", words("any", "password", "keyboard-interactive", "key"), func(s *Switches) any { return &s.Login },
			"documented: password or key (SFTP Overview); tenants use keyboard-interactive too"},
		{"connections", "5", words("NUMBER"), func(s *Switches) any { return &s.Connections },
			"documented: at most 5 connections for a user (an older SFTP Overview, announced without a date)"},
	}
}

// userFaults are the values of the switch user-fault.
func userFaults() []string {
	return words("none", "401", "403", "404", "406", "422", "422-bare", "422-other-type", "429", "429-retry-after", "500", "502-html",
		"late", "lost", "truncated", "other-type", "empty")
}

// userCalls are the values of the switch user-fault-at.
func userCalls() []string { return words("all", "get", "look", "put", "post") }
