CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
CREATE INDEX ix_person_search_name ON person (search_name);
CREATE INDEX ix_session_person_id_measured ON session (person_id, measured);
CREATE TABLE measurement (
	session_id VARCHAR(16) NOT NULL, 
	movement VARCHAR(16) NOT NULL, 
	best_deg FLOAT, 
	mean_deg FLOAT, 
	low_deg FLOAT, 
	high_deg FLOAT, 
	lower_bound BOOLEAN NOT NULL, 
	reference_deg FLOAT, 
	healthy_low_deg FLOAT, 
	healthy_high_deg FLOAT, 
	percent_of_reference FLOAT, 
	flag VARCHAR(16) NOT NULL, 
	pain INTEGER, 
	compensation_deg FLOAT, 
	trials INTEGER NOT NULL, 
	CONSTRAINT pk_measurement PRIMARY KEY (session_id, movement), 
	CONSTRAINT fk_measurement_session_id FOREIGN KEY(session_id) REFERENCES session (id) ON DELETE CASCADE
);
CREATE TABLE person (
	id VARCHAR(16) NOT NULL, 
	name VARCHAR(200), 
	search_name VARCHAR(800) NOT NULL, 
	birth_date DATE, 
	note TEXT NOT NULL, 
	created DATETIME NOT NULL, 
	CONSTRAINT pk_person PRIMARY KEY (id)
);
CREATE TABLE session (
	id VARCHAR(16) NOT NULL, 
	person_id VARCHAR(16) NOT NULL, 
	measured DATETIME NOT NULL, 
	dated_by_hand BOOLEAN NOT NULL, 
	added DATETIME NOT NULL, 
	recording_sha256 VARCHAR(64) NOT NULL, 
	source_name TEXT NOT NULL, 
	"view" VARCHAR(16) NOT NULL, 
	schema_version VARCHAR(16) NOT NULL, 
	tool_version VARCHAR(64) NOT NULL, 
	estimator TEXT NOT NULL, 
	calibration_id TEXT NOT NULL, 
	norms TEXT NOT NULL, 
	flagged INTEGER NOT NULL, 
	note TEXT NOT NULL, 
	CONSTRAINT pk_session PRIMARY KEY (id), 
	CONSTRAINT uq_session_recording_sha256 UNIQUE (recording_sha256), 
	CONSTRAINT fk_session_person_id FOREIGN KEY(person_id) REFERENCES person (id) ON DELETE CASCADE
);
CREATE TABLE session_result (
	session_id VARCHAR(16) NOT NULL, 
	sha256 VARCHAR(64) NOT NULL, 
	zlib_json BLOB NOT NULL, 
	CONSTRAINT pk_session_result PRIMARY KEY (session_id), 
	CONSTRAINT fk_session_result_session_id FOREIGN KEY(session_id) REFERENCES session (id) ON DELETE CASCADE
);
CREATE TABLE store_info (
	store_id VARCHAR(32) NOT NULL, 
	created DATETIME NOT NULL, 
	CONSTRAINT pk_store_info PRIMARY KEY (store_id)
);
CREATE TABLE stored_file (
	session_id VARCHAR(16) NOT NULL, 
	name VARCHAR(300) NOT NULL, 
	sha256 VARCHAR(64) NOT NULL, 
	size BIGINT NOT NULL, 
	CONSTRAINT pk_stored_file PRIMARY KEY (session_id, name), 
	CONSTRAINT fk_stored_file_session_id FOREIGN KEY(session_id) REFERENCES session (id) ON DELETE CASCADE
);
